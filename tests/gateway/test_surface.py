"""CORS, header rules, proxies and loops: what is decided, and what a caller sees of it."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import Limits
from gateway.errors import SourceError
from gateway.operator import SECTIONS, read_operator_settings
from gateway.policies import header_rules, proxies
from gateway.policies.header_rules import SECURITY, Rules
from gateway.policies.proxies import Proxies

ORDERS = "/system/orders/v1"
PAGE = "https://portal.example"
ASKS = {"origin": PAGE, "access-control-request-method": "POST", "access-control-request-headers": "x"}
SETTINGS = """
cors:
  contracts:
    orders.v1: {origins: ["https://portal.example"], credentials: true, maxAgeSeconds: 60}
headers:
  security: true
  response: {set: {X-Served-By: front}, remove: [X-Extra]}
  request: {set: {X-Tenant: emea}, remove: [X-Secret]}
proxies: {trusted: [127.0.0.1], pseudonym: front, passesMax: 1}
"""


@pytest.fixture(scope="module", params=["own", "asgi"])
def front(request, make_gateway, _upstream_server, tmp_path_factory):
    path = tmp_path_factory.mktemp("surface") / "gateway.yaml"
    path.write_text(SETTINGS)
    told = read_operator_settings(path, Limits())
    return make_gateway(
        _upstream_server.url, door=request.param, cors=told.cors, headers=told.headers, proxies=told.proxies
    )


def told(tmp_path, text: str):
    path = tmp_path / "gateway.yaml"
    path.write_text(text)
    return read_operator_settings(path, Limits())


# CORS


def test_a_preflight_is_answered_from_the_contract(front, upstream):
    response = front.client.options(f"{ORDERS}/orders", headers=ASKS)
    assert (response.status_code, response.content, upstream.seen) == (204, b"", [])
    assert response.headers["access-control-allow-origin"] == PAGE
    assert response.headers["access-control-allow-credentials"] == "true"
    assert response.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS, POST"
    assert response.headers["access-control-allow-headers"] == (
        "accept, authorization, content-type, idempotency-key, traceparent, tracestate, x-correlation-id"
    )
    assert response.headers["access-control-max-age"] == "60"
    assert "Origin" in response.headers["vary"]


@pytest.mark.parametrize(
    "change",
    [{"origin": "https://portal.example.evil"}, {"origin": "null"}, {"origin": "https://PORTAL.example"},
     {"access-control-request-method": "DELETE"}, {"access-control-request-method": "post"}],
)  # fmt: skip
def test_a_preflight_of_another_page_or_method_is_granted_nothing(front, upstream, change):
    response = front.client.options(f"{ORDERS}/orders", headers={**ASKS, **change})
    assert response.status_code == 204
    assert not [name for name in response.headers if name.startswith("access-control-")]
    assert "Origin" in response.headers["vary"]


def test_a_preflight_of_what_nobody_promises_is_404(front):
    assert front.client.options(f"{ORDERS}/never", headers=ASKS).status_code == 404
    assert front.client.options("/process/checks/v1/checks", headers=ASKS).headers["allow"] == "OPTIONS, POST"


def test_an_answer_may_be_read_by_the_page_that_is_named_and_by_no_other(front, upstream, read):
    upstream.answers(200, b'{"items":[]}', access_control_allow_origin="*", vary="Accept")
    named = front.client.get(f"{ORDERS}/orders", headers={**read, "origin": PAGE})
    other = front.client.get(f"{ORDERS}/orders", headers={**read, "origin": "https://evil.example"})
    none = front.client.get(f"{ORDERS}/orders", headers=read)
    assert named.headers.get_list("access-control-allow-origin") == [PAGE]
    assert {"RateLimit", "RateLimit-Policy", "Retry-After", "Deprecation", "Sunset", "Link",
            "Idempotent-Replayed", "traceparent"} <= set(
        named.headers["access-control-expose-headers"].split(", "))  # fmt: skip
    for response in (other, none):
        assert response.status_code == 200
        assert "access-control-allow-origin" not in response.headers
    for response in (named, other, none):
        assert response.headers.get_list("vary") == ["Accept", "Origin"]


def test_a_refusal_may_be_read_by_the_page_too(front, upstream):
    response = front.client.get(f"{ORDERS}/orders", headers={"origin": PAGE})
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (401, PAGE)


def test_a_gateway_without_settings_says_nothing_of_origins(gateway, upstream, read):
    upstream.answers(200, b'{"items":[]}')
    response = gateway.client.get(f"{ORDERS}/orders", headers={**read, "origin": PAGE})
    assert "vary" not in response.headers
    assert "x-content-type-options" not in response.headers
    assert "access-control-max-age" not in gateway.client.options(f"{ORDERS}/orders", headers=ASKS).headers


# header rules


def test_header_lines_are_set_removed_and_added_in_both_directions(front, upstream, read):
    upstream.answers(200, b'{"items":[]}', x_extra="1", x_served_by="back", referrer_policy="origin")
    response = front.client.get(
        f"{ORDERS}/orders", headers={**read, "x-secret": "1", "x-tenant": "mine", "connection": "x-tenant"}
    )
    assert response.headers.get_list("x-served-by") == ["front"]
    assert "x-extra" not in response.headers
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "origin", "what the system behind says stands"
    seen = upstream.seen[0]
    assert [value for name, value in seen.headers if name == "x-tenant"] == ["emea"]
    assert seen.header("x-secret") is None
    assert front.client.get("/nothing").headers["x-served-by"] == "front"


NAMES = st.sampled_from([b"a", b"b", b"c", b"etag"])
LINES = st.lists(st.tuples(NAMES, st.sampled_from([b"1", b"2"])), max_size=6)


@given(
    LINES,
    st.dictionaries(NAMES, st.just(b"set")),
    st.frozensets(NAMES),
    st.dictionaries(NAMES, st.just(b"add")),
)
def test_rules_change_the_lines_they_name_and_no_others(lines, fixed, removed, missing):
    got = header_rules.applied(Rules(tuple(fixed.items()), removed, tuple(missing.items())), lines)
    for name in (b"a", b"b", b"c", b"etag"):
        values = [value for other, value in got if other == name]
        before = [value for other, value in lines if other == name]
        if name in fixed:
            assert values == [b"set"]
        elif name in removed or not before:
            assert values == ([b"add"] if name in missing else [])
        else:
            assert values == before


@pytest.mark.parametrize(
    "name", ["Connection", "TRANSFER-ENCODING", "Content-Length", "Host", "Via", "X-Pactolus-Consumer",
             "Access-Control-Allow-Origin", "Content-Type", "X-Correlation-ID", "TE"],
)  # fmt: skip
@pytest.mark.parametrize("rule", ["set: {%s: x}", "remove: [%s]"])
def test_what_is_not_theirs_to_change_is_refused(tmp_path, name, rule):
    text = f"headers: {{contracts: {{orders.v1: {{request: {{{rule % name}}}}}}}}}"
    with pytest.raises(SourceError, match=f"/headers/contracts/orders.v1/request: {name.lower()} may not"):
        told(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('headers: {response: {set: {"X-A": "a\\r\\nb"}}}', "/headers/response/set/X-A"),
        ('headers: {response: {set: {"X:A": "a"}}}', "/headers/response/set"),
        ('cors: {origins: ["*"]}', "/cors/origins/0"),
        ('cors: {origins: ["https://a.example/"]}', "/cors/origins/0"),
        ("proxies: {trusted: [here]}", "/proxies/trusted"),
        ("proxies: {trusted: [10.0.0.1/8]}", "/proxies/trusted"),
        ("proxies: {passesMax: 0}", "/proxies/passesMax"),
    ],
)
def test_a_wrong_section_is_told_with_its_place(tmp_path, text, place):
    with pytest.raises(SourceError) as caught:
        told(tmp_path, text)
    assert place in str(caught.value)


@pytest.mark.parametrize("name", SECTIONS)
def test_the_example_of_every_section_is_read(tmp_path, monkeypatch, name):
    for secret in ("PACTOLUS_API_KEY_PEPPER", "INTROSPECTION_SECRET", "ACME_SECRET"):
        monkeypatch.setenv(secret, "a secret of thirty-two bytes, or more")
    assert getattr(told(tmp_path, SECTIONS[name].EXAMPLE), name)


def test_the_security_lines_are_not_more_than_one_of_a_name():
    assert len({name for name, _ in SECURITY}) == len(SECURITY)


# proxies


INSIDE = Proxies((ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")))
RFC7239 = Proxies(INSIDE.trusted, b"forwarded")


@pytest.mark.parametrize(
    ("peer", "value", "client"),
    [
        ("192.0.2.9", "203.0.113.5", "192.0.2.9"),
        ("10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.5, 10.0.0.2", "203.0.113.5"),
        ("10.0.0.1", "203.0.113.5:4711", "203.0.113.5"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "::ffff:203.0.113.5", "203.0.113.5"),
        ("::ffff:10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "203.0.113.5, unknown, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "203.0.113.5,", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("", "203.0.113.5", ""),
    ],
)
def test_the_caller_is_the_rightmost_hop_that_is_not_trusted(peer, value, client):
    assert proxies.client_of(peer, [(b"x-forwarded-for", value.encode())], INSIDE) == client


@pytest.mark.parametrize(
    ("value", "client"),
    [
        ("for=203.0.113.5", "203.0.113.5"),
        ('For="[2001:db8::1]:4711";proto=https;by=10.0.0.1', "2001:db8::1"),
        ('for=1.1.1.1, for=203.0.113.5;host="a,b;for=9.9.9.9"', "203.0.113.5"),
        ("for=203.0.113.5, for=_hidden", "10.0.0.1"),
        ("for=203.0.113.5, proto=https", "10.0.0.1"),
        ('for="203.0.113.5', "10.0.0.1"),
    ],
)
def test_forwarded_is_read_as_rfc_7239_writes_it(value, client):
    assert proxies.client_of("10.0.0.1", [(b"forwarded", value.encode())], RFC7239) == client


@given(
    st.lists(st.ip_addresses(v=4).map(str) | st.sampled_from(["10.0.0.1", "10.2.0.1"]), max_size=5), st.text()
)
def test_no_caller_can_write_itself_another_address(written, garbage):
    value = ",".join([garbage.encode("ascii", "ignore").decode(), *written, "203.0.113.5", "10.0.0.2"])
    assert proxies.client_of("10.0.0.1", [(b"x-forwarded-for", value.encode())], INSIDE) == "203.0.113.5"


@given(st.binary(max_size=60), st.sampled_from([INSIDE, RFC7239]))
def test_no_value_of_the_field_is_an_error(value, rules):
    client = proxies.client_of("10.0.0.1", [(rules.field, value)], rules)
    assert client == str(ipaddress.ip_address(client))


def test_of_very_many_hops_only_the_nearest_are_looked_at():
    value = b"203.0.113.5" + b", 10.0.0.2" * 1000
    assert proxies.client_of("10.0.0.1", [(b"x-forwarded-for", value)], INSIDE) == "10.0.0.2"


def test_callers_without_a_token_are_told_apart_by_their_address(front, upstream):
    def statuses(address: str, calls: int) -> list[int]:
        head = {"x-forwarded-for": address}
        return [front.client.get(f"{ORDERS}/health", headers=head).status_code for _ in range(calls)]

    assert 429 in statuses("203.0.113.77", 40)
    assert statuses("203.0.113.78", 1) == [200]


# loops


@pytest.mark.parametrize(
    ("via", "status"),
    [("1.1 front", 508), ("1.1 FRONT (x)", 508), ("1.0 other, HTTP/1.1 front, 1.1 b", 508),
     ("1.1 frontier", 200), ("front", 200), ("1.1 other (1.1 front)", 200)],
)  # fmt: skip
def test_a_call_that_comes_round_is_refused(front, upstream, read, via, status):
    upstream.answers(200, b'{"items":[]}')
    response = front.client.get(f"{ORDERS}/orders", headers={**read, "via": via})
    assert response.status_code == status
    if status == 508:
        assert response.json()["code"] == "loop_detected"
        assert upstream.seen == []
    else:
        assert upstream.seen[0].header("via") == f"{via}, 1.1 front"


def test_gateways_without_a_name_let_a_call_pass_three_times(gateway, upstream, read):
    upstream.answers(200, b'{"items":[]}')
    twice = ", ".join(["1.1 pactolus"] * 2)
    assert gateway.client.get(f"{ORDERS}/orders", headers={**read, "via": twice}).status_code == 200
    response = gateway.client.get(f"{ORDERS}/orders", headers={**read, "via": twice + ", 1.1 pactolus"})
    assert response.json()["code"] == "loop_detected"
