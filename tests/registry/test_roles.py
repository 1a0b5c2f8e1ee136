"""Roles: what they let their holders do where, who gives them, and duties that are kept apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pactolus.cli import pactolus
from registry.config import AccessPolicy
from registry.errors import SetupError
from registry.model import Contract
from registry.model.access import VERBS, AccessRole, AccessScope, Held, Verb
from registry.usecases.accounts import add_account
from tests.registry.change_calls import BOARD, BREAKING, PLAN
from tests.registry.harness import FakeClock, RegistryUnderTest, audited, contract, start
from tests.registry.readers import PASSWORD, Reader
from tests.registry.vault import grant

SCOPES = ("registry:approve", "registry:publish", "registry:read")
ADMIN_SCOPES = (*SCOPES, "registry:admin")


@pytest.fixture
def orders(registry: RegistryUnderTest) -> RegistryUnderTest:
    """A registry with a contract of the domain finance, and a team that has nothing to do with it."""
    registry.team(BOARD)
    assert registry.publish(registry.team("erp-team"), contract(), "orders").status_code == 201
    return registry


def published(registry: RegistryUnderTest, token: str, version: str = "1.0.1") -> int:
    return registry.publish(token, contract(version=version), "orders").status_code


def promoted(registry: RegistryUnderTest, token: str, environment: str = "dev") -> int:
    body = {"contract": "orders", "version": "1.0.0"}
    path = f"/environments/{environment}/deployments"
    return registry.call("POST", path, token=token, json=body).status_code


def deprecated(registry: RegistryUnderTest, token: str) -> int:
    path = "/contracts/orders/versions/1.0.0"
    tag = registry.call("GET", path).headers["ETag"]
    body = {"state": "deprecated"}
    return registry.call(
        "PUT", f"{path}/lifecycle", token=token, json=body, headers={"If-Match": tag}
    ).status_code


def waived(registry: RegistryUnderTest, token: str) -> int:
    body = {"rule": "lint.money_number", "owner": "erp-team", "reason": "Agreed.", "expires": "2026-12-31"}
    return registry.call("POST", "/contracts/orders/lint-exceptions", token=token, json=body).status_code


def ruled(registry: RegistryUnderTest, token: str) -> int:
    path = "/contracts/orders/compatibility"
    tag = registry.call("GET", path).headers["ETag"]
    headers = {"If-Match": tag}
    return registry.call("PUT", path, token=token, json={"policy": "full"}, headers=headers).status_code


def planned(registry: RegistryUnderTest, token: str) -> int:
    """A plan to end it, announced and withdrawn."""
    path = "/contracts/orders/deprecation-plans/1"
    body = {"deprecateAt": "2026-11-20T00:00:00Z", "sunsetAt": "2027-03-31T00:00:00Z"}
    made = registry.call("PUT", path, token=token, json=body, headers={"If-Match": '"0"'})
    return registry.call("DELETE", path, token=token).status_code if made.is_success else made.status_code


def opened(registry: RegistryUnderTest, token: str) -> Any:
    body = {"document": {"uri": "orders.json", "content": BREAKING}, "plan": PLAN}
    return registry.call("POST", "/contracts/orders/changes", token=token, json=body)


def approved(registry: RegistryUnderTest, change: Any, token: str) -> int:
    body = {"decision": "approve", "digest": change["digest"]}
    return registry.call("POST", f"/changes/{change['id']}/decisions", token=token, json=body).status_code


@pytest.mark.parametrize("role", list(AccessRole))
def test_a_role_lets_its_holder_do_what_its_verbs_say(orders: RegistryUnderTest, role: AccessRole) -> None:
    other = orders.team("other-team", SCOPES)
    change = opened(orders, orders.team("erp-team")).json()
    grant(orders, "other-team", role.value, domain="finance")
    may = VERBS[role]

    assert promoted(orders, other) == (201 if Verb.PROMOTE in may else 403)
    assert approved(orders, change, other) == (200 if Verb.APPROVE in may else 403)
    assert waived(orders, other) == (201 if Verb.WAIVE in may else 403)
    assert ruled(orders, other) == (200 if Verb.PUBLISH in may else 403)
    assert planned(orders, other) == (204 if Verb.DEPRECATE in may else 403)
    assert deprecated(orders, other) == (200 if Verb.DEPRECATE in may else 403)
    assert published(orders, other) == (201 if Verb.PUBLISH in may else 403)


def test_without_a_grant_everything_is_as_ownership_has_it(orders: RegistryUnderTest) -> None:
    other = orders.team("other-team", SCOPES)
    board = orders.team(BOARD, SCOPES)

    proposed = opened(orders, other)
    assert proposed.status_code == 201
    assert [published(orders, other), deprecated(orders, other), promoted(orders, other)] == [403] * 3
    assert approved(orders, proposed.json(), board) == 200
    assert promoted(orders, orders.team("erp-team")) == 201


@pytest.mark.parametrize(
    ("scope", "dev", "prod"),
    [
        ({}, 201, 409),
        ({"environment": "dev"}, 201, 403),
        ({"environment": "prod"}, 403, 409),
        ({"domain": "finance", "environment": "dev"}, 201, 403),
        ({"domain": "commercial"}, 403, 403),
        ({"contract": "orders"}, 201, 409),
        ({"contract": "quotes"}, 403, 403),
    ],
)
def test_a_role_holds_within_its_scope(
    orders: RegistryUnderTest, scope: dict[str, str], dev: int, prod: int
) -> None:
    other = orders.team("other-team", SCOPES)
    grant(orders, "other-team", "releaser", **scope)

    assert (promoted(orders, other), promoted(orders, other, "prod")) == (dev, prod)


def test_scopes_contain_what_they_cover() -> None:
    """Two oracles: a scope that contains another covers whatever that one covers."""
    names = (None, "a", "b")
    scopes = [AccessScope(*parts) for parts in product(names, repeat=3)]
    places = [
        (Contract(name, "", "", "", "", domain, "", ""), environment)
        for domain, name, environment in product("ab", "ab", (None, "a", "b"))
    ]
    for one, other in product(scopes, repeat=2):
        contained = all(one.covers(*place) for place in places if other.covers(*place))
        if one.contains(other):
            assert contained
        elif one.environment is None:
            assert not contained, (one, other)


def test_the_author_never_approves_whatever_roles_it_has(orders: RegistryUnderTest) -> None:
    author = orders.team("other-team", SCOPES)
    grant(orders, "other-team", "approver")
    change = opened(orders, author).json()

    assert approved(orders, change, author) == 403
    assert approved(orders, change, orders.team("other-team", SCOPES)) == 200


def test_the_administrator_stands_in_for_owners_and_never_approves() -> None:
    held = Held(AccessRole.ADMINISTRATOR)
    anything = Contract("orders", "", "", "", "", "finance", "erp-team", "")

    allowed = {verb for verb in Verb if held.allows(verb, anything)}

    assert set(Verb) - allowed == {Verb.APPROVE}


@pytest.fixture
def separated(tmp_path: Path, clock: FakeClock) -> Iterator[RegistryUnderTest]:
    """A registry where who publishes does not promote to dev."""
    access = AccessPolicy(separate_in=("dev",))
    started = start(f"sqlite:///{tmp_path / 'r.db'}", clock, access=access)
    yield started
    started.close()


def test_who_published_does_not_promote_where_the_policy_says_so(separated: RegistryUnderTest) -> None:
    author, colleague = (separated.team("erp-team") for _ in range(2))
    separated.publish(author, contract(), "orders")

    refused = separated.call(
        "POST", "/environments/dev/deployments", token=author, json={"contract": "orders", "version": "1.0.0"}
    )

    assert (refused.status_code, refused.json()["code"]) == (403, "publisher_may_not_promote")
    assert promoted(separated, colleague) == 201


def test_a_policy_for_an_environment_there_is_not_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(SetupError, match="moon"):
        start(f"sqlite:///{tmp_path / 'r.db'}", clock, access=AccessPolicy(separate_in=("moon",)))


def test_a_grant_is_read_changed_and_taken_back_by_its_tag(orders: RegistryUnderTest) -> None:
    other = orders.team("other-team", SCOPES)
    body = {"subjectKind": "team", "subject": "other-team", "role": "reader"}
    made = orders.call("POST", "/grants", json=body)
    path = made.headers["Location"].removeprefix("/registry/v1")
    tag = {"If-Match": made.headers["ETag"]}
    wanted = {"role": "publisher", "contract": "orders"}

    assert orders.call("PUT", path, json=wanted).status_code == 428
    changed = orders.call("PUT", path, json=wanted, headers=tag)
    assert (changed.status_code, changed.json()["verbs"]) == (200, ["propose", "publish", "read"])
    assert orders.call("PUT", path, json=wanted, headers=tag).status_code == 412
    assert published(orders, other) == 201
    assert orders.call("DELETE", path, headers=tag).status_code == 412
    assert orders.call("GET", path).headers["ETag"] == changed.headers["ETag"]
    gone = orders.call("DELETE", path, headers={"If-Match": changed.headers["ETag"]})
    assert gone.status_code == 204
    assert orders.call("GET", path).status_code == 404
    assert published(orders, other, "1.0.2") == 403
    entries = audited(orders.store, "grant.")
    assert [entry["action"] for entry in entries] == ["grant.added", "grant.changed", "grant.removed"]
    assert [(bool(one["before"]), bool(one["after"])) for one in entries] == [
        (False, True),
        (True, True),
        (True, False),
    ]


def test_a_grant_ends_when_it_says(orders: RegistryUnderTest, clock: FakeClock) -> None:
    other = orders.team("other-team", SCOPES)
    body = {"subjectKind": "team", "subject": "other-team", "role": "publisher"}
    until = {"expiresAt": "2026-11-02T08:05:00Z"}
    assert orders.call("POST", "/grants", json={**body, **until}).status_code == 201
    assert published(orders, other) == 201

    clock.pass_time(minutes=5)

    assert published(orders, other, "1.0.2") == 403


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"subject": "nobody"}, "subject_unknown"),
        ({"subjectKind": "client", "subject": "nobody"}, "subject_unknown"),
        ({"subjectKind": "account", "subject": "nobody"}, "subject_unknown"),
        ({"environment": "moon"}, "environment_unknown"),
        ({"expiresAt": "2026-11-02T08:00:00Z"}, "expiry_passed"),
    ],
)
def test_a_grant_that_means_nothing_is_refused(
    orders: RegistryUnderTest, change: dict[str, str], code: str
) -> None:
    body = {"subjectKind": "team", "subject": "erp-team", "role": "reader", **change}
    refused = orders.call("POST", "/grants", json=body)

    assert (refused.status_code, refused.json()["code"]) == (422, code)


def test_the_same_role_in_the_same_place_is_granted_once(orders: RegistryUnderTest) -> None:
    first = grant(orders, "erp-team", "reader", domain="finance")
    body = {"subjectKind": "team", "subject": "erp-team", "role": "reader", "domain": "finance"}
    again = orders.call("POST", "/grants", json=body)

    assert (again.status_code, again.json()["code"]) == (409, "grant_exists")
    assert first["id"] in again.json()["detail"]


def test_who_administers_a_domain_gives_roles_within_it_and_sees_no_others(orders: RegistryUnderTest) -> None:
    head = orders.team("head-team", ADMIN_SCOPES)
    grant(orders, "head-team", "administrator", domain="finance")
    elsewhere = grant(orders, "erp-team", "reader", domain="commercial")
    body = {"subjectKind": "team", "subject": "erp-team", "role": "reader"}

    def asked(**scope: str) -> int:
        return orders.call("POST", "/grants", token=head, json={**body, **scope}).status_code

    assert [asked(domain="finance", environment="prod"), asked(domain="commercial"), asked()] == [
        201,
        403,
        403,
    ]
    listed = orders.call("GET", "/grants", token=head).json()["items"]
    assert {one["domain"] for one in listed} == {"finance"}
    assert orders.call("GET", f"/grants/{elsewhere['id']}", token=head).status_code == 404
    domain = {"title": "Money"}
    tags = {"If-Match": '"0"'}
    assert orders.call("PUT", "/domains/finance", token=head, json=domain, headers=tags).status_code == 200
    assert orders.call("PUT", "/domains/sales", token=head, json=domain, headers=tags).status_code == 403
    for path, more in (("/teams", {"name": "new-team"}), ("/teams/erp-team/credentials", {})):
        assert orders.call("POST", path, token=head, json=more).status_code == 403


def test_a_client_without_the_scope_neither_gives_nor_reads_grants(orders: RegistryUnderTest) -> None:
    other = orders.team("other-team", SCOPES)

    assert orders.call("GET", "/grants", token=other).status_code == 403
    body = {"subjectKind": "team", "subject": "other-team", "role": "owner"}
    assert orders.call("POST", "/grants", token=other, json=body).status_code == 403


def test_an_account_decides_by_its_own_role(orders: RegistryUnderTest) -> None:
    orders.team("other-team")
    change = opened(orders, orders.team("erp-team")).json()
    add_account(orders.store, orders.clock, "olga", "Olga", "other-team", PASSWORD)
    olga = Reader(orders)
    olga.sign_in("olga")
    path = f"/portal/changes/{change['id']}"
    form = {"digest": change["digest"], "decision": "approve"}

    assert "/decision" not in olga.get(path).text
    assert olga.post(f"{path}/decision", **form).status_code == 403
    assert audited(orders.store, "access.denied")[-1]["actor"] == "account:olga"
    body = {"subjectKind": "account", "subject": "olga", "role": "approver", "contract": "orders"}
    assert orders.call("POST", "/grants", json=body).status_code == 201
    assert "/decision" in olga.get(path).text
    assert olga.post(f"{path}/decision", **form).status_code == 303


def test_grants_are_kept_from_the_command_line(registry: RegistryUnderTest) -> None:
    registry.team("erp-team")
    run = CliRunner().invoke
    where = ["--database", registry.config.database_url]
    added = run(
        pactolus,
        ["registry", "grant", "add", "releaser", "--team", "erp-team", "--environment", "dev", *where],
    )
    listed = run(pactolus, ["registry", "grant", "list", *where])
    unknown = run(pactolus, ["registry", "grant", "add", "king", "--team", "erp-team", *where])
    nobody = run(pactolus, ["registry", "grant", "add", "reader", *where])
    removed = run(pactolus, ["registry", "grant", "remove", added.output.strip(), *where])

    assert added.exit_code == 0, added.output
    assert listed.output == f"{added.output.strip()} team=erp-team role=releaser environment=dev\n"
    assert (unknown.exit_code, nobody.exit_code) == (2, 2)
    assert removed.exit_code == 0
    assert registry.call("GET", "/grants").json()["items"] == []
    assert [entry["actor"] for entry in audited(registry.store, "grant.")] == ["operator", "operator"]
