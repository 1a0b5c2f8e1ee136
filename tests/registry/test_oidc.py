"""Signing in to the portal by way of an OpenID provider: a process of its own, on Authlib, over loopback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from registry.config import AccessPolicy, OidcPolicy, RatePolicy
from registry.errors import SetupError
from registry.model.access import AccessRole, AccessScope, Held
from registry.oidc import OidcProvider
from registry.oidc_settings import read_oidc
from registry.usecases.accounts import add_account, withdraw_account
from tests.registry.harness import START, FakeClock, RegistryUnderTest, audited, contract, start
from tests.registry.readers import OWN_FORM, PASSWORD

CLIENT, SECRET = "pactolus", "a secret of the provider"
BASE = "http://registry.test"
ANSWER = f"{BASE}/portal/sign-in/provider/answer"
SCRIPT = Path(__file__).with_name("oidc_provider.py")


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of the provider."""
    command = [sys.executable, str(SCRIPT), str(int(START.timestamp())), ANSWER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def policy(issuer: str) -> OidcPolicy:
    return OidcPolicy(
        f"{issuer}/.well-known/openid-configuration",
        CLIENT,
        SECRET,
        label="Example ID",
        teams={"erp": "erp-team", "team-that-is-not-there": "team-that-is-not-there"},
        administrators=("registry-admins",),
        roles={"finance-approvers": (Held(AccessRole.APPROVER, AccessScope(domain="finance")),)},
    )


@pytest.fixture
def registry(tmp_path: Path, clock: FakeClock, issuer: str) -> Iterator[RegistryUnderTest]:
    """A registry whose people sign in at the provider."""
    database = f"sqlite:///{tmp_path / 'registry.db'}"
    rates = RatePolicy(sign_in="1000 per minute")
    started = start(database, clock, oidc=policy(issuer), rates=rates)
    started.team("erp-team")
    yield started
    started.close()


@dataclass
class Browser:
    """Keeps cookies, and goes from the registry to the provider and back."""

    registry: RegistryUnderTest
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, method: str = "GET") -> httpx.Response:
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = ({"Cookie": kept} if kept else {}) | (OWN_FORM if method == "POST" else {})
        answer = self.registry.send(method, path, headers=headers)
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0]
            self.cookies[name] = value
            if not value or "Max-Age=0" in line:
                del self.cookies[name]
        return answer

    def sent(self, wanted: str = "/portal/") -> str:
        """The address at the provider that the registry sends this browser to."""
        answer = self.get(f"/portal/sign-in/provider?next={wanted}")
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def at_provider(self, url: str, user: str, twist: str = "") -> str:
        """The address that the provider sends it back to."""
        answer = httpx.get(f"{url}&user={user}&twist={twist}", trust_env=False)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["Location"])

    def signed_in(self, user: str = "anna", twist: str = "", wanted: str = "/portal/") -> httpx.Response:
        back = self.at_provider(self.sent(wanted), user, twist)
        return self.get(back.removeprefix(BASE))


@pytest.fixture
def browser(registry: RegistryUnderTest) -> Browser:
    return Browser(registry)


def test_a_person_of_the_provider_signs_in_to_what_was_asked_for(browser: Browser) -> None:
    registry = browser.registry
    registry.publish(registry.team("erp-team"), contract(), "orders")
    form = browser.get("/portal/sign-in?next=/portal/contracts/orders")
    answer = browser.signed_in(wanted="/portal/contracts/orders")
    page = browser.get("/portal/contracts/orders")

    assert "Sign in with Example ID" in form.text
    assert (answer.status_code, answer.headers["Location"]) == (303, "/portal/contracts/orders")
    assert "Anna Berg" in page.text
    assert "erp-team" in page.text
    entries = audited(registry.store, "account.")
    assert [entry["action"] for entry in entries] == ["account.added", "account.signed_in"]
    assert entries[1]["authentication"] == "oidc"
    assert list(browser.cookies) == ["pactolus_session"]


def test_what_is_sent_to_the_provider_is_the_code_flow_with_proof_of_possession(browser: Browser) -> None:
    url = urlsplit(browser.sent())
    query = {name: values[0] for name, values in parse_qs(url.query).items()}

    assert query["response_type"] == "code"
    assert query["code_challenge_method"] == "S256"
    assert query["redirect_uri"] == ANSWER
    assert set(query["scope"].split()) == {"openid", "profile", "email"}
    secrets = [query["state"], query["nonce"], query["code_challenge"], browser.cookies["pactolus_sign_in"]]
    assert len(set(secrets)) == 4
    assert all(len(value) >= 43 for value in secrets)


TWISTS = (
    "nonce no-nonce audience two-audiences authorized issuer expired future no-subject stranger hmac "
    "unsigned jwk-header borrowed-name"
)


@pytest.mark.parametrize("twist", TWISTS.split())
def test_an_id_token_that_is_wrong_in_one_way_opens_nothing(browser: Browser, twist: str) -> None:
    answer = browser.signed_in(twist=twist)

    assert answer.status_code == 401, answer.text
    assert "pactolus_session" not in browser.cookies
    assert audited(browser.registry.store, "account.")[-1]["action"] == "account.sign_in_refused"


def test_a_provider_changes_its_keys(browser: Browser, issuer: str, clock: FakeClock) -> None:
    assert browser.signed_in().status_code == 303
    httpx.post(f"{issuer}/rotate", trust_env=False)

    early = browser.signed_in(twist="rotated").status_code
    clock.pass_time(seconds=60)
    late = browser.signed_in(twist="rotated").status_code

    assert (early, late) == (401, 303)


def test_an_answer_is_good_once_and_for_the_browser_that_began(browser: Browser) -> None:
    victim = Browser(browser.registry)
    back = browser.at_provider(browser.sent(), "anna").removeprefix(BASE)
    victim.sent()

    stolen = victim.get(back)
    first = browser.get(back)
    browser.cookies.pop("pactolus_session")
    again = browser.get(back)

    assert (stolen.status_code, first.status_code, again.status_code) == (401, 303, 401)
    assert "pactolus_session" not in victim.cookies


@pytest.mark.parametrize("change", [("state=", "state=x"), ("code=", "code=x"), ("code=", "code=a&code=")])
def test_an_answer_that_was_changed_opens_nothing(browser: Browser, change: tuple[str, str]) -> None:
    back = browser.at_provider(browser.sent(), "anna").removeprefix(BASE)

    assert browser.get(back.replace(*change)).status_code == 401


def test_an_answer_of_another_issuer_opens_nothing(browser: Browser, issuer: str) -> None:
    back = browser.at_provider(browser.sent(), "anna").removeprefix(BASE)

    assert browser.get(f"{back}&iss=http://127.0.0.1:1").status_code == 401
    again = browser.at_provider(browser.sent(), "anna").removeprefix(BASE)
    assert browser.get(f"{again}&iss={issuer}").status_code == 303


def test_who_takes_too_long_begins_anew(browser: Browser, clock: FakeClock) -> None:
    back = browser.at_provider(browser.sent(), "anna").removeprefix(BASE)
    clock.pass_time(seconds=600)

    assert browser.get(back).status_code == 401


def test_groups_give_team_and_roles_and_their_loss_takes_them(browser: Browser) -> None:
    registry = browser.registry
    browser.signed_in()
    with registry.store.reading() as transaction:
        ((anna, _),) = [transaction.accounts.person(str(policy_issuer(registry)), "u-1")]
    assert (anna.team, anna.is_admin) == ("erp-team", False)
    assert anna.roles == (Held(AccessRole.APPROVER, AccessScope(domain="finance")),)
    admin = Browser(registry)
    assert admin.signed_in("root").status_code == 303
    assert "administrator" in admin.get("/portal/").text


def policy_issuer(registry: RegistryUnderTest) -> str:
    assert registry.config.oidc is not None
    return registry.config.oidc.metadata_url.removesuffix("/.well-known/openid-configuration")


@pytest.mark.parametrize("user", ["nobody", "ghost"])
def test_who_has_nothing_to_do_here_stays_outside(browser: Browser, user: str) -> None:
    answer = browser.signed_in(user)

    assert answer.status_code == 403
    assert "None of your groups" in answer.text
    assert "pactolus_session" not in browser.cookies


def test_a_withdrawn_person_stays_outside(browser: Browser) -> None:
    registry = browser.registry
    browser.signed_in()
    with registry.store.reading() as transaction:
        found = transaction.accounts.person(policy_issuer(registry), "u-1")
    assert found is not None
    withdraw_account(registry.store, registry.clock, found[0].name)

    assert browser.get("/portal/").status_code == 303
    assert browser.signed_in().status_code == 403


def test_a_person_of_the_provider_has_no_password_here(browser: Browser) -> None:
    registry = browser.registry
    browser.signed_in()
    with registry.store.reading() as transaction:
        found = transaction.accounts.person(policy_issuer(registry), "u-1")
    assert found is not None
    form = {"name": found[0].name, "password": "!"}

    assert registry.send("POST", "/portal/sign-in", headers=OWN_FORM, data=form).status_code == 401


def test_local_accounts_sign_in_beside_and_a_new_session_ends_the_one_before(browser: Browser) -> None:
    registry = browser.registry
    add_account(registry.store, registry.clock, "local", "Local", "erp-team", PASSWORD)
    form = {"name": "local", "password": PASSWORD}
    answer = registry.send("POST", "/portal/sign-in", headers=OWN_FORM, data=form)
    before = answer.headers["set-cookie"].partition(";")[0].partition("=")[2]
    browser.cookies["pactolus_session"] = before
    browser.signed_in()
    after = browser.cookies["pactolus_session"]

    assert after != before
    browser.cookies["pactolus_session"] = before
    assert browser.get("/portal/").status_code == 303


def test_signing_out_ends_the_session_and_leads_to_the_provider(browser: Browser, issuer: str) -> None:
    browser.signed_in()
    kept = browser.cookies["pactolus_session"]
    answer = browser.get("/portal/sign-out", "POST")
    page = browser.get(answer.headers["Location"])

    assert answer.headers["Location"] == "/portal/signed-out"
    assert f"{issuer}/logout?client_id=pactolus" in page.text
    browser.cookies["pactolus_session"] = kept
    assert browser.get("/portal/").status_code == 303


def test_a_provider_that_does_not_answer_is_no_failure_of_ours(tmp_path: Path, clock: FakeClock) -> None:
    started = start(f"sqlite:///{tmp_path / 'r.db'}", clock, oidc=policy("http://127.0.0.1:1"))
    try:
        answer = started.send("GET", "/portal/sign-in/provider")
        assert answer.status_code == 503
        assert started.send("GET", "/portal/sign-in").status_code == 200
    finally:
        started.close()


def test_failed_sign_ins_are_kept_as_the_policy_says(tmp_path: Path, clock: FakeClock, issuer: str) -> None:
    access = AccessPolicy(record_failed_sign_ins=False)
    started = start(f"sqlite:///{tmp_path / 'r.db'}", clock, oidc=policy(issuer), access=access)
    try:
        Browser(started).signed_in("nobody")
        assert audited(started.store, "account.") == []
    finally:
        started.close()


@pytest.mark.parametrize(
    "url",
    ["http://id.example.com/.well-known/openid-configuration", "https://id.example.com/metadata", ""],
)
def test_an_address_that_could_be_another_s_is_refused_at_the_start(url: str, clock: FakeClock) -> None:
    with pytest.raises(SetupError, match="metadata URL"):
        OidcProvider(OidcPolicy(url, CLIENT), clock)


SETTINGS = """
metadataUrl: https://id.example.com/.well-known/openid-configuration
clientId: pactolus
label: Example ID
teams: {erp: erp-team}
administrators: [registry-admins]
roles:
  finance-approvers:
    - {role: approver, domain: finance}
"""


def test_settings_say_what_groups_mean() -> None:
    read = read_oidc(SETTINGS, "secret")

    assert (read.client_id, read.client_secret, read.teams) == ("pactolus", "secret", {"erp": "erp-team"})
    assert read.roles == {"finance-approvers": (Held(AccessRole.APPROVER, AccessScope(domain="finance")),)}
    assert "secret" not in repr(read)


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "[]",
        "clientId: x",
        SETTINGS + "\nsecret: x",
        SETTINGS.replace("approver, domain", "approver, realm"),
        SETTINGS.replace("role: approver", "role: king"),
        SETTINGS.replace("{erp: erp-team}", "{erp: 1}"),
        SETTINGS.replace("[registry-admins]", "registry-admins"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(text: str) -> None:
    with pytest.raises(SetupError):
        read_oidc(text, None)
