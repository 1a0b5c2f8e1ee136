"""The compatibility policy of a contract: who sets it, and what publications are judged under it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from registry.config import ReportKeeping
from registry.model import Compatibility, Direction
from registry.ports import Judgement
from registry.usecases.policy_judging import Pair, concluded
from tests.registry.harness import FakeClock, RegistryUnderTest, audited, contract, start

PATH = "/contracts/orders/compatibility"
ONE, TWO = ["order"], ["order", "cancel"]


def tag(registry: RegistryUnderTest) -> str:
    etag: str = registry.call("GET", PATH).headers["ETag"]
    return etag


def set_policy(registry: RegistryUnderTest, token: str, policy: str, **headers: str) -> httpx.Response:
    sent = {"If-Match": tag(registry), **headers}
    return registry.call("PUT", PATH, token=token, json={"policy": policy}, headers=sent)


@pytest.fixture
def owner(registry: RegistryUnderTest) -> str:
    """The owner's token, with orders 1.0.0 in force."""
    token = registry.team("erp-team")
    assert registry.publish(token, contract(operations=TWO), "orders").status_code == 201
    return token


def test_a_contract_is_backward_compatible_until_its_owner_says_otherwise(
    anywhere: RegistryUnderTest,
) -> None:
    token = anywhere.team("erp-team")
    anywhere.publish(token, contract(), "orders")
    assert anywhere.call("GET", PATH).json() == {
        "contract": "orders",
        "policy": "backward",
        "directions": ["backward"],
        "transitive": False,
    }

    changed = set_policy(anywhere, token, "full_transitive")

    assert changed.status_code == 200
    assert changed.json()["directions"] == ["backward", "forward"]
    assert changed.headers["ETag"] == tag(anywhere)
    assert anywhere.call("GET", "/contracts/orders").json()["compatibility"] == "full_transitive"
    (entry,) = audited(anywhere.store, "contract.policy_set")
    assert entry["detail"] == {"before": "backward", "after": "full_transitive"}


def test_a_policy_is_set_by_the_owner_who_saw_the_one_before(registry: RegistryUnderTest, owner: str) -> None:
    stranger = registry.team("crm-team")
    seen = tag(registry)
    assert set_policy(registry, owner, "forward").status_code == 200

    by_stranger = set_policy(registry, stranger, "none")
    stale = set_policy(registry, owner, "none", **{"If-Match": seen})
    blind = registry.call("PUT", PATH, token=owner, json={"policy": "none"})
    unknown = set_policy(registry, owner, "sideways")

    assert [one.status_code for one in (by_stranger, stale, blind, unknown)] == [403, 412, 428, 400]
    assert registry.call("GET", PATH).json()["policy"] == "forward"
    assert registry.call("GET", "/contracts/nothing/compatibility").status_code == 404


def test_a_publication_keeps_the_policy(registry: RegistryUnderTest, owner: str) -> None:
    set_policy(registry, owner, "full")

    assert registry.publish(owner, contract(version="1.0.1", operations=TWO), "orders").status_code == 201

    assert registry.call("GET", PATH).json()["policy"] == "full"


@pytest.mark.parametrize(
    ("policy", "operations", "status"),
    [
        ("none", ONE, 201),
        ("backward", ONE, 409),
        ("backward", [*TWO, "list"], 201),
        ("forward", ONE, 201),
        ("forward", [*TWO, "list"], 409),
        ("full", ONE, 409),
        ("full", [*TWO, "list"], 409),
        ("full", TWO, 201),
    ],
)
def test_a_change_is_judged_in_the_directions_of_the_policy(
    registry: RegistryUnderTest, owner: str, policy: str, operations: list[str], status: int
) -> None:
    set_policy(registry, owner, policy) if policy != "backward" else None

    answer = registry.publish(owner, contract(version="1.1.0", operations=operations), "orders")

    assert answer.status_code == status, answer.text
    said = answer.json()["report"]["policy"]
    assert said["name"] == policy
    assert [pair["direction"] for pair in said["pairs"]] == [
        one.value for one in Compatibility(policy).directions
    ]
    assert said["verdict"] == ("compatible" if status == 201 else "breaking")
    if status == 409:
        assert answer.json()["report"]["verdict"] == "breaking"


def test_a_transitive_policy_judges_against_every_version_of_the_major(
    registry: RegistryUnderTest, owner: str
) -> None:
    set_policy(registry, owner, "none")
    assert registry.publish(owner, contract(version="1.1.0", operations=ONE), "orders").status_code == 201
    back_again = contract(version="1.2.0", operations=[*ONE, "list"])

    set_policy(registry, owner, "backward")
    against_the_highest = registry.publish(owner, back_again, "orders", params={"dryRun": "true"})
    set_policy(registry, owner, "backward_transitive")
    against_all = registry.publish(owner, back_again, "orders")

    assert against_the_highest.status_code == 200
    assert against_all.status_code == 409
    problem = against_all.json()
    assert "breaks callers of 1.0.0" in problem["detail"]
    pairs = [(one["before"], one["after"], one["verdict"]) for one in problem["report"]["policy"]["pairs"]]
    assert pairs == [("1.1.0", "1.2.0", "compatible"), ("1.0.0", "1.2.0", "breaking")]
    assert problem["report"]["before"]["version"] == "1.0.0"


def test_a_break_that_the_policy_permits_takes_a_minor_version(
    registry: RegistryUnderTest, owner: str
) -> None:
    set_policy(registry, owner, "none")

    patch = registry.publish(owner, contract(version="1.0.1", operations=ONE), "orders")
    minor = registry.publish(owner, contract(version="1.1.0", operations=ONE), "orders")

    assert (patch.status_code, patch.json()["code"]) == (409, "version_bump_too_small")
    assert minor.status_code == 201


def test_earlier_versions_beyond_the_limit_leave_the_verdict_unknown(tmp_path: Any, clock: FakeClock) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    registry = start(url, clock, reports=ReportKeeping(pairs_max=2))
    token = registry.team("erp-team")
    for number in ("1.0.0", "1.0.1", "1.0.2"):
        assert registry.publish(token, contract(version=number), "orders").status_code == 201
    set_policy(registry, token, "backward_transitive")

    answer = registry.publish(token, contract(version="1.0.3"), "orders")

    registry.close()
    assert answer.status_code == 409
    assert answer.json()["report"]["policy"]["leftOut"] == 1
    assert answer.json()["report"]["policy"]["verdict"] == "unknown"


def test_a_policy_that_changes_while_a_version_is_judged_refuses_it(
    registry: RegistryUnderTest, owner: str
) -> None:
    with registry.store.reading() as transaction:
        before = transaction.catalog.contract("orders")
    assert before is not None

    set_policy(registry, owner, "full")

    with registry.store.writing() as transaction:
        assert not transaction.catalog.update_contract(before)


@pytest.mark.parametrize("format_name", ["html", "markdown", "sarif", "json"])
def test_every_format_of_a_report_names_policy_and_pairs(
    registry: RegistryUnderTest, owner: str, format_name: str
) -> None:
    set_policy(registry, owner, "full_transitive")
    registry.publish(owner, contract(version="1.0.1", operations=TWO), "orders")

    report = registry.call("GET", "/contracts/orders/versions/1.0.1/report", params={"format": format_name})

    assert report.status_code == 200
    assert "full" in report.text
    assert "forward" in report.text


def pair(direction: Direction, verdict: str) -> Pair:
    report = {"verdict": verdict, "digest": verdict, "findings": [], "summary": {"breaking": 0, "unknown": 0}}
    return Pair(direction, "1.0.0", "1.1.0", Judgement(verdict, "minor", True, report))


@pytest.mark.parametrize(
    "verdicts", [("compatible", "unknown", "breaking"), ("unknown", "compatible", "compatible")]
)
def test_the_verdict_is_the_worst_of_all_pairs(verdicts: tuple[str, ...]) -> None:
    pairs = [pair(Direction.BACKWARD, one) for one in verdicts]

    found = concluded(Compatibility.FULL, pairs[0].judgement, pairs, 0, ReportKeeping())

    worst = "breaking" if "breaking" in verdicts else "unknown"
    assert (found.verdict, found.report["digest"]) == (worst, worst)
