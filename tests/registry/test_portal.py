"""The portal over HTTP: signing in, what its pages show, and what they never do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from registry.model import State
from registry.serve import create_app
from registry.usecases.accounts import add_account, set_password, withdraw_account
from tests.registry.harness import RegistryUnderTest, audited, contract
from tests.registry.packaged import CONTRACTS, body_of, real_registry
from tests.registry.readers import PASSWORD, Reader


@pytest.fixture
def anna(registry: RegistryUnderTest) -> Reader:
    """A reader with an account that is not signed in yet."""
    registry.team("erp-team")
    add_account(registry.store, registry.clock, "anna", "Anna Berg", "erp-team", PASSWORD)
    return Reader(registry)


def actions(registry: RegistryUnderTest) -> list[tuple[str, str]]:
    """What the audit says of accounts: action and subject."""
    return [(entry["action"], entry["subject"]) for entry in audited(registry.store, "account.")]


def test_a_stranger_signs_in_first_and_then_sees_what_was_asked_for(anna: Reader) -> None:
    anna.registry.publish(anna.registry.team("erp-team"), contract(), "orders")
    led = anna.get("/portal/contracts/orders")
    form = anna.get(led.headers["Location"])
    wanted = re.search(r'name="next" value="([^"]*)"', form.text)
    assert wanted is not None
    answer = anna.sign_in(next=wanted[1])

    assert led.status_code == 303
    assert (answer.status_code, answer.headers["Location"]) == (303, "/portal/contracts/orders")
    page = anna.get("/portal/contracts/orders")
    assert page.status_code == 200
    assert "Anna Berg" in page.text
    assert "A title" in page.text
    assert actions(anna.registry) == [("account.added", "anna"), ("account.signed_in", "anna")]


@pytest.mark.parametrize(("name", "password"), [("anna", "wrong password"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_name_and_a_wrong_password_are_told_alike(anna: Reader, name: str, password: str) -> None:
    answer = anna.sign_in(name, password)

    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text
    assert anna.cookie is None
    assert actions(anna.registry)[-1][0] == "account.sign_in_refused"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/portal/",
        "//evil.example/portal/",
        "/\\evil.example",
        "/portal\\evil",
        "/oauth/token",
        "",
    ],
)
def test_signing_in_leads_to_the_portal_only(anna: Reader, target: str) -> None:
    assert anna.sign_in(next=target).headers["Location"] == "/portal/"


def test_a_session_ends_when_it_is_ended(anna: Reader) -> None:
    anna.sign_in()
    kept = anna.cookie
    assert anna.get("/portal/").status_code == 200

    anna.post("/portal/sign-out")
    anna.cookie = kept

    assert anna.get("/portal/").status_code == 303


def test_a_session_ends_after_half_a_day(anna: Reader) -> None:
    anna.sign_in()
    anna.registry.clock.pass_time(hours=11, minutes=59)
    assert anna.get("/portal/").status_code == 200
    anna.registry.clock.pass_time(minutes=1)

    assert anna.get("/portal/").status_code == 303


def test_another_password_ends_every_session(anna: Reader) -> None:
    anna.sign_in()
    set_password(anna.registry.store, anna.registry.clock, "anna", "a password that is new")

    assert anna.get("/portal/").status_code == 303
    assert anna.sign_in().status_code == 401
    assert anna.sign_in(password="a password that is new").status_code == 303


def test_a_withdrawn_account_is_nobody(anna: Reader) -> None:
    anna.sign_in()
    withdraw_account(anna.registry.store, anna.registry.clock, "anna")

    assert anna.get("/portal/").status_code == 303
    assert anna.sign_in().status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
    ],
)
def test_a_form_of_another_site_is_refused(anna: Reader, headers: dict[str, str]) -> None:
    answer = anna.post("/portal/sign-in", headers, name="anna", password=PASSWORD)

    assert answer.status_code == 403
    assert anna.cookie is None


def test_a_form_of_an_older_browser_is_known_by_its_origin(anna: Reader) -> None:
    origin = {"Origin": "http://registry.test"}
    assert anna.post("/portal/sign-in", origin, name="anna", password=PASSWORD).status_code == 303


def test_guessing_passwords_is_slowed_down(anna: Reader) -> None:
    statuses = [anna.sign_in(password="wrong").status_code for _ in range(21)]

    assert statuses == [401] * 20 + [429]
    assert anna.get("/portal/sign-in").status_code == 200


@pytest.mark.parametrize(
    ("issuer", "secure"), [("https://registry.test", True), ("http://registry.test", False)]
)
def test_no_script_and_no_other_site_gets_the_cookie(anna: Reader, issuer: str, secure: bool) -> None:
    registry = anna.registry
    config = type(registry.config)(registry.config.database_url, issuer=issuer)
    registry.app = create_app(config, store=registry.store, clock=registry.clock)
    cookie = anna.sign_in().headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/portal" in cookie
    assert ("Secure" in cookie) is secure


def test_what_a_contract_says_is_text(anna: Reader) -> None:
    hostile = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    anna.registry.publish(anna.registry.team("erp-team"), contract(title=hostile), "orders")
    anna.sign_in()

    for page in (anna.get("/portal/"), anna.get("/portal/contracts/orders")):
        assert "&lt;script&gt;" in page.text
        assert "<script>" not in page.text
        assert "<img src=x" not in page.text


def test_pages_load_from_this_host_only_and_are_kept_by_nobody(anna: Reader) -> None:
    anna.sign_in()
    page = anna.get("/portal/")

    assert page.headers["Cache-Control"] == "private, no-store"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    loaded = re.findall(r'<(?:link|img|script)[^>]*(?:src|href)="([^"]*)"', page.text)
    assert len(loaded) == 4
    assert re.findall("<script[^>]*>", page.text) == re.findall('<script src="[^"]*" defer>', page.text)
    assert not re.search(r"\son[a-z]+=", page.text)
    for address in loaded:
        assert address.startswith("/portal/static/")
        assert anna.get(address).status_code == 200
    assert "style=" not in page.text


@pytest.mark.parametrize(
    "path",
    ["/portal/nothing", "/portal/contracts/nothing", "/portal/contracts/nothing/compare", "/portal/static/x"],
)
def test_what_is_not_there_is_told_on_a_page(anna: Reader, path: str) -> None:
    anna.sign_in()
    page = anna.get(path)

    assert page.status_code == 404
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Nothing here" in page.text


def test_filters_find_and_the_empty_page_says_what_to_do(anna: Reader) -> None:
    anna.sign_in()
    assert "pactolus publish" in anna.get("/portal/").text
    anna.registry.publish(anna.registry.team("erp-team"), contract(), "orders")

    assert "/portal/contracts/orders" in anna.get("/portal/?layer=system&owner=erp-team&q=ord").text
    assert "/portal/contracts/orders" not in anna.get("/portal/?layer=process").text


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Signed in at a registry that has every packaged contract."""
    registry = real_registry(tmp_path_factory.mktemp("portal"))
    for path in CONTRACTS:
        name, body = body_of(path)
        answer = registry.call("POST", f"/contracts/{name}/versions", json=body)
        assert answer.status_code == 201, answer.text
    add_account(registry.store, registry.clock, "anna", "Anna Berg", "erp-team", PASSWORD)
    reader = Reader(registry)
    reader.sign_in()
    yield reader
    registry.close()


NAMES = sorted({path.name.split(".")[0] for path in CONTRACTS})


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_of_a_contract_has_its_page(packaged: Reader, name: str) -> None:
    known: Any = packaged.registry.call("GET", f"/contracts/{name}/versions/latest").json()
    page = packaged.get(f"/portal/contracts/{name}/versions/{known['version']}")
    addresses = re.findall(r'href="(/portal/contracts/[^"]*\?operation=[^"#]*)#operation"', page.text)

    assert page.status_code == 200
    assert addresses
    for address in addresses:
        assert packaged.get(address.replace("&amp;", "&")).status_code == 200


def test_an_operation_shows_parameters_members_bounds_and_examples(packaged: Reader) -> None:
    page = packaged.get("/portal/contracts/erp-orders/versions/1.0.0?operation=createOrder").text

    assert "Idempotency-Key (header)" in page
    assert "erp.order:write" in page
    assert "currency" in page
    assert "matches ^[A-Z]{3}$" in page
    assert "Answer 201" in page


def test_two_versions_are_compared_with_proofs(packaged: Reader) -> None:
    led = packaged.get("/portal/contracts/crm-quote/compare")
    page = packaged.get(led.headers["Location"])

    assert led.headers["Location"].endswith("before=1.0.0&after=2.0.0")
    assert page.status_code == 200
    assert "12 breaking" in page.text or re.search(r"[1-9][0-9]* breaking", page.text)
    assert "Proof" in page.text
    assert "To do:" in page.text
    assert packaged.get("/portal/contracts/crm-quote/compare?before=1.0.0&after=9.0.0").status_code == 404


def test_the_author_s_bytes_are_a_file_to_keep(packaged: Reader) -> None:
    path = next(path for path in CONTRACTS if path.name.startswith("erp-orders"))
    answer = packaged.get("/portal/contracts/erp-orders/versions/1.0.0/content")

    assert answer.content == path.read_bytes()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_deprecations_tell_when_and_what_comes_instead(packaged: Reader) -> None:
    registry = packaged.registry
    path = "/contracts/crm-quote/versions/1.0.0"
    tag = registry.call("GET", path).headers["ETag"]
    asked = {"state": State.DEPRECATED.value, "sunsetAt": "2027-05-01T00:00:00Z", "successor": "2.0.0"}
    done = registry.call("PUT", f"{path}/lifecycle", json=asked, headers={"If-Match": tag})
    page = packaged.get("/portal/deprecations").text

    assert done.status_code == 200, done.text
    assert "2027-05-01" in page
    assert "/portal/contracts/crm-quote/versions/2.0.0" in page
