"""A webhook reaches the public internet and what the configuration allows, whatever a name leads to."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from registry.config import WebhookPolicy
from registry.delivery.sender import Sender
from registry.delivery.targets import checked, refusal, target_of
from registry.errors import Invalid
from registry.usecases.deliveries import Answer
from tests.registry.harness import FakeClock, RegistryUnderTest, start
from tests.registry.webhook_calls import LOOPBACK, Receiver, hooked, receiver

LOCAL = (ip_network("127.0.0.0/8"),)
INSIDE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:1::",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_no_address_inside_is_called(address: str) -> None:
    assert refusal(ip_address(address), "https", ()) is not None


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_the_public_internet_is_called_by_https_alone(address: str) -> None:
    assert refusal(ip_address(address), "https", ()) is None
    assert refusal(ip_address(address), "http", LOCAL) is not None


def test_an_allowed_network_is_called_by_both() -> None:
    for text in ("127.0.0.1", "::ffff:127.0.0.1"):
        assert refusal(ip_address(text), "http", LOCAL) is None
    assert refusal(ip_address("10.0.0.1"), "https", LOCAL) is not None


def test_a_name_that_leads_inside_and_outside_is_refused() -> None:
    assert str(checked(["8.8.8.8", "1.1.1.1"], "https", ())) == "8.8.8.8"
    for addresses in (["8.8.8.8", "10.0.0.1"], ["fe80::1%eth0"], []):
        with pytest.raises(Invalid):
            checked(addresses, "https", ())


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "https:///path",
        "https://user:secret@hooks.example.com/",
        "https://hooks.example.com/#part",
        "https://hooks.example.com:99999/",
        "https://hooks.example.com:0/",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/\nHost: inside",
        "https://münchen.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "not a url",
    ],
)
def test_an_address_that_is_never_called_is_not_stored(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        target_of(url, ())

    assert refused.value.code == "target_refused"


def test_the_api_refuses_such_an_address(registry: RegistryUnderTest) -> None:
    token = registry.team("crm-team")
    path = "/teams/crm-team/webhooks"
    for url in ("https://10.0.0.1/hook", "http://hooks.example.com/"):
        answer = registry.call("POST", path, token=token, json={"url": url})
        assert (answer.status_code, answer.json()["code"]) == (422, "target_refused")


@dataclass
class Names:
    """Answers each look-up with the next of its answers, as a name that is rebound does."""

    answers: list[Sequence[str]]
    asked: int = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


def sent(
    url: str, names: Names, policy: WebhookPolicy = LOOPBACK, headers: dict[str, str] | None = None
) -> Answer:
    """One request, as the worker sends it."""
    allowed = tuple(ip_network(one) for one in policy.allowed_networks)

    async def whole() -> Answer:
        sender = Sender(policy, allowed, names)
        try:
            return await sender.send(url, headers or {}, b"{}")
        finally:
            await sender.close()

    return asyncio.run(whole())


@pytest.fixture
def receiving() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def test_the_address_that_was_checked_is_the_one_connected_to(receiving: Receiver) -> None:
    port = receiving.server.server_address[1]
    names = Names([["127.0.0.1"], ["10.0.0.1"]])

    answer = sent(f"http://rebound.example:{port}/hook", names)

    assert (answer.status, names.asked) == (200, 1)
    assert receiving.requests[0].headers["Host"] == f"rebound.example:{port}"


def test_a_name_that_leads_inside_is_not_called(receiving: Receiver) -> None:
    port = receiving.server.server_address[1]
    answer = sent(f"https://inside.example:{port}/hook", Names([["127.0.0.1"]]), WebhookPolicy())

    assert answer.status is None
    assert answer.error is not None
    assert "127.0.0.1 is not an address of the public internet" in answer.error
    assert receiving.requests == []


def test_a_redirect_is_not_followed(receiving: Receiver) -> None:
    receiving.statuses["/hook"] = 307

    answer = sent(receiving.url(), Names([]))

    assert (answer.status, answer.succeeded) == (307, False)
    assert [one.path for one in receiving.requests] == ["/hook"]


def test_of_an_answer_without_end_only_the_beginning_is_read(receiving: Receiver) -> None:
    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                request.wfile.write(b"\x00\xff" * 4096)
        except OSError:
            pass

    receiving.answers["/hook"] = endless
    answer = sent(receiving.url(), Names([]))

    assert answer.status == 200
    assert len(answer.excerpt) == LOOPBACK.answer_bytes_read_max
    assert "\x00" not in answer.excerpt


def test_an_answer_that_does_not_come_is_given_up(receiving: Receiver) -> None:
    release = threading.Event()
    receiving.answers["/hook"] = lambda _request: release.wait(30) and None
    policy = replace(LOOPBACK, timeout_s=0.05)

    answer = sent(receiving.url(), Names([]), policy)
    release.set()

    assert (answer.status, answer.error) == (None, "No whole answer within 0.05 s.")


def test_trouble_on_the_way_is_an_answer_too(receiving: Receiver) -> None:
    class Unknown(Names):
        async def __call__(self, host: str, port: int) -> Sequence[str]:
            raise OSError("no such name")

    receiving.answers["/hook"] = lambda request: request.wfile.write(b"nonsense\r\n\r\n") and None
    closed = receiving.server.server_address[1]

    for answer in (
        sent("http://unknown.example/", Unknown([])),
        sent(receiving.url(), Names([])),
        sent(f"https://127.0.0.1:{closed}/", Names([])),
    ):
        assert answer.status is None
        assert answer.error


@pytest.fixture
def tls(tmp_path: Path, receiving: Receiver, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """The receiver behind a certificate for hooks.example alone, by an authority that is trusted."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    receiving.server.socket = context.wrap_socket(receiving.server.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return receiving


def test_the_certificate_is_that_of_the_name_and_not_of_the_address(tls: Receiver) -> None:
    port = tls.server.server_address[1]
    right = sent(f"https://hooks.example:{port}/hook", Names([["127.0.0.1"]]))
    wrong = sent(f"https://other.example:{port}/hook", Names([["127.0.0.1"]]))

    assert (right.status, right.error) == (200, None)
    assert wrong.status is None
    assert wrong.error is not None
    assert "certificate" in wrong.error.lower()
    assert len(tls.requests) == 1


def test_what_was_allowed_once_is_checked_again_when_it_is_sent(
    tmp_path: Path, clock: FakeClock, receiving: Receiver
) -> None:
    from tests.registry.webhook_calls import deliver

    registry = start(f"sqlite:///{tmp_path / 'registry.db'}", clock, webhooks=LOOPBACK)
    hook = hooked(registry, receiving.url())
    hook.test()
    registry.config = replace(registry.config, webhooks=WebhookPolicy())
    deliver(registry)

    assert receiving.requests == []
    assert "https" in hook.log(hook.deliveries()[0])[0]["error"]
    registry.close()
