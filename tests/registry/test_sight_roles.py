"""What a role, an audience or a team opens of what is hidden; and that SQL and Python say the same of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.registry.harness import RegistryUnderTest, audited, contract
from tests.registry.vault import NAME, SCOPES, TWIN, WORD, grant, hidden_text


@pytest.fixture
def hidden(registry: RegistryUnderTest) -> tuple[RegistryUnderTest, str]:
    """A registry with a hidden contract, and the token of a team that does not see it."""
    registry.publish(registry.team("vault-team"), hidden_text(), NAME)
    return registry, registry.team("spy-team", SCOPES)


def status(registry: RegistryUnderTest, token: str) -> int:
    return registry.call("GET", f"/contracts/{NAME}", token=token).status_code


@pytest.mark.parametrize(
    ("scope", "unit", "component"),
    [
        ({}, 200, 200),
        ({"contract": NAME}, 200, 200),
        ({"domain": f"{WORD}-domain"}, 200, 404),
        ({"domain": f"{WORD}-domain", "contract": NAME}, 200, 200),
        ({"domain": "finance", "contract": NAME}, 404, 404),
        ({"domain": "finance"}, 404, 404),
    ],
)
def test_a_role_opens_what_its_scope_covers(
    hidden: tuple[RegistryUnderTest, str], scope: dict[str, str], unit: int, component: int
) -> None:
    registry, spy = hidden
    grant(registry, "spy-team", "reader", **scope)

    assert status(registry, spy) == component
    more = hidden_text("1.1.0", audience="business-unit-internal")
    registry.publish(registry.team("vault-team"), more, NAME)
    assert status(registry, spy) == unit


def test_what_is_opened_to_all_is_seen_by_all(hidden: tuple[RegistryUnderTest, str]) -> None:
    registry, spy = hidden
    assert status(registry, spy) == 404

    registry.publish(registry.team("vault-team"), hidden_text("1.1.0", audience="company-internal"), NAME)

    assert status(registry, spy) == 200


def test_bytes_that_everybody_could_read_are_hidden_when_the_contract_is(
    registry: RegistryUnderTest,
) -> None:
    owner, other = registry.team("vault-team"), registry.team("spy-team")
    registry.publish(owner, hidden_text(audience="company-internal"), NAME)
    path = f"/contracts/{NAME}/versions/1.0.0/content"
    assert [registry.call("GET", path, token=other).status_code for _ in range(2)] == [200, 200]

    registry.publish(owner, hidden_text("1.1.0"), NAME)
    registry.clock.pass_time(seconds=2)

    assert registry.call("GET", path, token=other).status_code == 404


def test_a_consumer_sees_what_its_team_sees(hidden: tuple[RegistryUnderTest, str]) -> None:
    registry, _ = hidden
    tokens = []
    for name, team in (("vault-app", "vault-team"), ("spy-app", "spy-team")):
        made_ = registry.consumer(name, team)
        tokens.append(registry.token(made_["clientId"], made_["clientSecret"]))

    assert [status(registry, token) for token in tokens] == [200, 404]


def test_who_asked_for_what_is_hidden_is_in_the_audit(hidden: tuple[RegistryUnderTest, str]) -> None:
    registry, spy = hidden
    registry.call("GET", f"/contracts/{TWIN}", token=spy)
    registry.call("GET", f"/contracts/{NAME}", token=spy)

    (entry,) = audited(registry.store, "access.denied")

    assert (entry["subject"], entry["outcome"]) == (f"/registry/v1/contracts/{NAME}", "denied")
    assert entry["detail"] == {"method": "GET", "status": 404, "code": "contract_not_found"}
    assert entry["actor"].startswith("spy-team-")


def test_sight_in_sql_is_sight_in_python(anywhere: RegistryUnderTest) -> None:
    """Two oracles: whatever `Sight.sees` says of a contract, the condition selects."""
    from itertools import product

    from registry.model.access import NOTHING, OPEN_AUDIENCES, PUBLIC, Sight
    from registry.ports import CatalogFilter
    from specs.governance import AUDIENCES

    for team in ("one", "two"):
        token = anywhere.team(team)
        for number, (audience, domain) in enumerate(product(AUDIENCES, ("a", "b"))):
            text = contract(f"{team}-c{number}", owner=team, audience=audience, domain=domain)
            assert anywhere.publish(token, text, f"{team}-c{number}").status_code == 201
    with anywhere.store.reading() as transaction:
        everything = [one.contract for one in transaction.catalog.search(CatalogFilter(), None, 100)]
    sights = [
        NOTHING,
        PUBLIC,
        Sight(audiences=OPEN_AUDIENCES),
        *(
            Sight(False, OPEN_AUDIENCES, team, domains, contracts, pairs)
            for team in (None, "one")
            for domains in ((), ("a",))
            for contracts in ((), ("two-c0", "two-c1"))
            for pairs in ((), (("a", "two-c2"), ("b", "two-c2")))
        ),
    ]
    for sight in sights:
        with anywhere.store.seen_by(sight).reading() as transaction:
            found = [one.contract.name for one in transaction.catalog.search(CatalogFilter(), None, 100)]
            latest = sorted(one[0].name for one in transaction.catalog.latest())
            each = [one.name for one in everything if transaction.catalog.contract(one.name)]
        expected = [one.name for one in everything if sight.sees(one)]
        assert (found, latest, each) == (expected, expected, expected), sight


def test_the_sight_of_the_database_itself_is_whole(
    tmp_path: Path, hidden: tuple[RegistryUnderTest, str]
) -> None:
    from registry.model.access import NOTHING

    registry, _ = hidden
    with registry.store.seen_by(NOTHING).reading() as transaction:
        assert transaction.catalog.contract(NAME) is None
        assert transaction.whole.catalog.contract(NAME) is not None
