"""Keys, certificates, signed requests, and what they come to by `security`: alternatives, and all of one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import random
import time
from ipaddress import ip_network
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config import Authentication, CertificateRules, Partner
from gateway.model import ApiKey, Claims
from gateway.policies import api_keys, certificates
from tests.gateway.credentials_harness import BASE, b64, vault

PEPPER = b"pepper of the tests"
SECRET = b"a secret of at least thirty-two bytes"
DER = hashlib.sha256(b"a certificate").digest() * 20
THUMBPRINT = b64(hashlib.sha256(DER).digest())
_nonces = itertools.count()


def made(client: str, **fields) -> tuple[str, ApiKey]:
    key = api_keys.new_key(random.Random(f"{client} {fields}").choice)
    digest = hmac.new(PEPPER, key.encode(), hashlib.sha256).digest()
    return key, ApiKey(api_keys.id_of(key), client, digest, **fields)


READER, READER_KEY = made("process-client", scopes=frozenset({"vault:read"}))
OLD, OLD_KEY = made("process-client", not_after=1000.0)
PORTAL, PORTAL_KEY = made("portal-client", scopes=frozenset({"vault:read"}))
STRANGER, STRANGER_KEY = made("stranger")


@pytest.fixture(scope="module")
def own(make_gateway, _upstream_server):
    rules = Authentication(
        pepper=PEPPER,
        api_keys=(READER_KEY, OLD_KEY, PORTAL_KEY, STRANGER_KEY),
        certificates=CertificateRules((ip_network("127.0.0.0/8"),)),
        partners=(Partner("acme-1", "process-client", SECRET, frozenset({"vault:write"})),),
    )
    return vault(make_gateway, _upstream_server.url, authentication=rules)


@pytest.fixture
def gateway(own, upstream):
    upstream.answers(200, b"{}")
    return own


def ask(gateway, path: str, **headers: str) -> tuple[int, str | None]:
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    response = gateway.client.get(BASE + path, headers=lines)
    return response.status_code, response.json().get("code")


def test_a_key_stands_for_its_client_and_stays_here(gateway, upstream):
    assert ask(gateway, "/key", x_vault_key=READER) == (200, None)
    assert upstream.seen[0].header("x-vault-key") is None
    assert upstream.seen[0].header("x-pactolus-consumer") == "process-app"
    assert upstream.seen[0].header("x-pactolus-scopes") == "vault:read"


@pytest.mark.parametrize(
    "key", ["", "x", OLD, READER[:-1] + "0", READER[:20] + "A" + READER[21:], api_keys.new_key(lambda _: "A")]
)
def test_a_key_that_is_not_ours_or_not_in_force_is_401(gateway, upstream, key):
    response = gateway.client.get(BASE + "/key", headers={"x-vault-key": key})
    assert (response.status_code, response.json()["code"]) == (401, "invalid_credentials")
    assert response.headers["www-authenticate"].startswith('ApiKey realm="pactolus", error="invalid_key"')
    assert READER not in response.text
    assert upstream.seen == []


def test_a_key_elsewhere_or_twice_counts_for_nothing(gateway, upstream):
    assert ask(gateway, f"/key?X-Vault-Key={READER}")[0] == 401
    assert ask(gateway, "/key", authorization=f"Bearer {READER}")[0] == 401
    twice = [("x-vault-key", READER), ("x-vault-key", READER)]
    assert gateway.client.get(BASE + "/key", headers=twice).status_code == 401
    nothing = gateway.client.get(BASE + "/key")
    assert nothing.headers["www-authenticate"] == 'ApiKey realm="pactolus", header="x-vault-key"'
    assert upstream.seen == []


def test_a_key_of_a_client_that_no_consumer_holds_is_403(gateway):
    assert ask(gateway, "/key", x_vault_key=STRANGER) == (403, "unknown_consumer")


def test_keys_of_the_folder_are_taken_and_taken_away(make_gateway, upstream):
    def with_key(told):
        entry = {"id": PORTAL_KEY.key_id, "client": "portal-client", "digest": PORTAL_KEY.digest.hex()}
        told["apiKeys"] = [{**entry, "scopes": ["vault:read"]}]

    gateway = vault(make_gateway, upstream.url, with_key, authentication=Authentication(pepper=PEPPER))
    upstream.answers(200, b"{}")
    assert ask(gateway, "/key", x_vault_key=PORTAL) == (200, None)
    text = gateway.settings_file.read_text()
    before = gateway.client.get("/-/routes").json()["revision"]
    gateway.settings_file.write_text(text.replace(PORTAL_KEY.key_id, "AAAAAAAAAA"))
    gateway.wait_for(lambda routes: routes["revision"] != before)
    assert ask(gateway, "/key", x_vault_key=PORTAL) == (401, "invalid_credentials")


def test_an_alternative_counts_with_its_own_credential_and_its_own_scopes(gateway, tokens):
    reads, writes = (f"Bearer {tokens.sign(scope=scope)}" for scope in ("vault:read", "vault:write"))
    assert ask(gateway, "/either", authorization=writes) == (200, None)
    assert ask(gateway, "/either", x_vault_key=READER) == (200, None)
    # The key's alternative needs no scope; a token without the scope of its own gets nothing from that.
    assert ask(gateway, "/either", authorization=reads) == (403, "insufficient_scope")
    assert ask(gateway, "/either", authorization=reads, x_vault_key=READER) == (200, None)
    assert ask(gateway, "/either") == (401, "invalid_credentials")
    # A credential that is not good refuses the call whatever else it brings.
    assert ask(gateway, "/either", authorization="Bearer forged", x_vault_key=READER)[0] == 401
    assert ask(gateway, "/either", authorization=writes, x_vault_key=OLD)[0] == 401


def test_all_schemes_of_one_alternative_must_come_of_one_consumer_each_with_its_scopes(gateway, tokens):
    writes = f"Bearer {tokens.sign(scope='vault:write')}"
    both = f"Bearer {tokens.sign(scope='vault:write vault:read')}"
    assert ask(gateway, "/both", authorization=writes, x_vault_key=READER) == (200, None)
    assert ask(gateway, "/both", authorization=writes)[0] == 401
    assert ask(gateway, "/both", x_vault_key=READER)[0] == 401
    assert ask(gateway, "/both", authorization=writes, x_vault_key=PORTAL)[0] == 401
    reads = f"Bearer {tokens.sign(scope='vault:read')}"
    assert ask(gateway, "/both", authorization=reads, x_vault_key=READER) == (403, "insufficient_scope")
    assert ask(gateway, "/both", authorization=both, x_vault_key=READER) == (200, None)


def test_a_key_is_no_token_where_the_contract_asks_for_a_token(gateway):
    assert ask(gateway, "/plain", x_vault_key=READER) == (401, "invalid_token")


@settings(deadline=None)
@given(st.integers(0, len(READER) - 1), st.characters(codec="ascii", categories=["L", "N"]))
def test_a_key_with_any_letter_changed_is_refused(at, letter):
    changed = READER[:at] + letter + READER[at + 1 :]
    keys = {READER_KEY.key_id: READER_KEY}
    decided = api_keys.check([changed.encode()], keys, PEPPER, 5.0)
    assert isinstance(decided, Claims) == (changed == READER)


def test_a_key_without_pepper_or_under_another_is_refused():
    keys = {READER_KEY.key_id: READER_KEY}
    assert isinstance(api_keys.check([READER.encode()], keys, PEPPER, 5.0), Claims)
    for pepper in (None, b"another pepper, as long"):
        assert not isinstance(api_keys.check([READER.encode()], keys, pepper, 5.0), Claims)


def test_a_client_has_two_keys_and_not_three():
    keys = [made("c", not_after=float(number))[1] for number in range(3)]
    assert api_keys.too_many(keys[:2]) is None
    assert api_keys.too_many(keys) == "client c has more than 2 keys"
    assert api_keys.too_many([keys[0], keys[0]]) is not None


FORMS = [
    ":" + base64.b64encode(DER).decode() + ":",
    quote(
        f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(DER).decode()}-----END CERTIFICATE-----\n", safe=""
    ),
]


@pytest.mark.parametrize("form", FORMS, ids=["rfc9440", "nginx"])
def test_a_token_bound_to_a_certificate_counts_with_it(gateway, upstream, tokens, form):
    token = tokens.sign(scope="vault:read", cnf={"x5t#S256": THUMBPRINT})
    for path in ("/plain", "/certificate"):
        lines = {"authorization": f"Bearer {token}", "client_cert": form}
        assert ask(gateway, path, **lines) == (200, None)
        assert upstream.seen[-1].header("client-cert") is None
        assert ask(gateway, path, authorization=f"Bearer {token}")[0] == 401
        other = ":" + base64.b64encode(DER + b"x").decode() + ":"
        assert ask(gateway, path, authorization=f"Bearer {token}", client_cert=other)[0] == 401
    assert len(upstream.seen) == 2


def test_where_the_contract_asks_for_a_certificate_an_unbound_token_is_not_enough(gateway, tokens):
    lines = {"authorization": f"Bearer {tokens.sign(scope='vault:read')}", "client_cert": FORMS[0]}
    assert ask(gateway, "/certificate", **lines)[0] == 401


def test_only_a_trusted_proxy_tells_certificates(make_gateway, upstream, tokens):
    rules = Authentication(certificates=CertificateRules((ip_network("10.0.0.0/8"),)))
    gateway = vault(make_gateway, upstream.url, authentication=rules)
    upstream.answers(200, b"{}")
    token = tokens.sign(scope="vault:read", cnf={"x5t#S256": THUMBPRINT})
    assert ask(gateway, "/plain", authorization=f"Bearer {token}", client_cert=FORMS[0])[0] == 401
    free = tokens.sign(scope="vault:read")
    assert ask(gateway, "/plain", authorization=f"Bearer {free}", client_cert=FORMS[0])[0] == 200
    assert upstream.seen[0].header("client-cert") is None


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("11.0.0.1", False),
        ("", False),
        ("x", False),
        ("::1", False),
    ],
)
def test_a_proxy_is_known_by_its_address(address, trusted):
    assert certificates.is_trusted(address, (ip_network("10.0.0.0/8"),)) is trusted


@pytest.mark.parametrize(
    "line", [b"", b"::", b":not base64:", b":AAA:", b"-----BEGIN CERTIFICATE-----", b"\xff"]
)
def test_a_line_that_holds_no_certificate_has_no_thumbprint(line):
    assert certificates.thumbprint(line) is None


@pytest.mark.parametrize(
    "cnf",
    [{}, {"jkt": 1}, {"jkt": "short"}, {"jwk": {}}, {"x5t#S256": THUMBPRINT, "kid": "a"}, "text", None, []],
)
def test_a_binding_that_cannot_be_checked_is_refused(gateway, tokens, cnf):
    payload = {"cnf": cnf} if cnf is not None else {"cnf": [None]}
    token = tokens.sign(scope="vault:read", **payload)
    assert ask(gateway, "/plain", authorization=f"Bearer {token}", client_cert=FORMS[0])[0] == 401


def signed(body: bytes = b"{}", target: str = BASE + "/signed", **changes) -> dict[str, str]:
    """As the page about signed requests says, with the standard library."""
    at = str(changes.get("at", int(time.time())))
    nonce = changes.get("nonce", f"nonce-of-the-tests-{next(_nonces)}")
    digest = "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":" if body else ""
    method, key = changes.get("method", "POST"), changes.get("key", "acme-1")
    text = "\n".join(["Pactolus-HMAC-SHA256", key, at, nonce, method, target, digest])
    mac = b64(hmac.new(changes.get("secret", SECRET), text.encode(), hashlib.sha256).digest())
    line = f'keyId="{key}", timestamp="{at}", nonce="{nonce}", signature="{mac}"'
    lines = {"authorization": f"Pactolus-HMAC-SHA256 {line}", "content-type": "application/json"}
    return {**lines, "content-digest": digest} if digest else lines


def post(gateway, headers, body: bytes = b"{}", query: str = "") -> int:
    return gateway.client.post(BASE + "/signed" + query, headers=headers, content=body).status_code


def test_a_signed_request_is_let_in_once(gateway, upstream):
    lines = signed()
    assert post(gateway, lines) == 200
    assert post(gateway, lines) == 401
    assert post(gateway, signed(b""), b"") == 200
    assert len(upstream.seen) == 2
    assert upstream.seen[0].header("authorization") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": b"another secret of thirty-two bytes"}, {"key": "acme-2"}, {"method": "PUT"},
        {"target": BASE + "/other"}, {"at": 1000}, {"at": 9999999999}, {"nonce": "short"},
        {"body": b'{"a":1}'},
    ],
    ids="+".join,
)  # fmt: skip
def test_a_request_that_was_signed_otherwise_is_401(gateway, upstream, changes):
    response = gateway.client.post(BASE + "/signed", headers=signed(**changes), content=b"{}")
    assert (response.status_code, response.json()["code"]) == (401, "invalid_credentials")
    assert 'error="invalid_signature"' in response.headers["www-authenticate"]
    assert upstream.seen == []


def test_the_body_the_query_and_the_digest_are_part_of_what_is_signed(gateway, upstream):
    assert post(gateway, signed(b"{}"), b'{"a":1}') == 401
    assert post(gateway, signed(b""), b"{}") == 401
    assert post(gateway, signed(), query="?a=1") == 401
    lines = signed()
    del lines["content-digest"]
    assert post(gateway, lines) == 401
    assert upstream.seen == []


def test_a_signature_is_no_token_elsewhere_and_a_token_no_signature(gateway, tokens):
    assert ask(gateway, "/plain", **signed(method="GET", target=BASE + "/plain"))[0] == 401
    lines = {"authorization": f"Bearer {tokens.sign(scope='vault:write')}"}
    assert post(gateway, lines) in (401, 415)
