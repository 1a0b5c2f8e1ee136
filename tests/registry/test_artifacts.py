"""Mappings, rulesets and documents of vendors are owned versions that never change."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import yaml

from tests.registry.artifact_calls import LEDGERLY, keep, release, text_of, with_orders
from tests.registry.harness import RegistryUnderTest, audited

RULES = "rules:\n  titled:\n    given: $.info\n    then: {field: title, function: truthy}\n"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryUnderTest]:
    """With `erp-orders` and the first release of the vendor; tests use names of their own."""
    registry = with_orders(tmp_path_factory.mktemp("artifacts"))
    assert release(registry, "2025-10").status_code == 201
    yield registry
    registry.close()


def mapping(**changes: Any) -> str:
    return yaml.safe_dump(yaml.safe_load(text_of("contact-in.yaml")) | changes, sort_keys=False)


def test_a_version_is_kept_byte_for_byte_and_served_by_its_digest(anywhere: RegistryUnderTest) -> None:
    token = anywhere.team("erp-team")

    made = keep(anywhere, "ruleset", "house", RULES, token=token, owner="erp-team")
    again = keep(anywhere, "ruleset", "house", RULES, token=token, owner="erp-team")
    later = keep(anywhere, "ruleset", "house", RULES + "#\n", "1.1.0", token=token, owner="erp-team")

    assert (made.status_code, again.status_code, later.status_code) == (201, 200, 201)
    assert made.headers["Location"] == "/registry/v1/artifacts/ruleset/house/versions/1.0.0"
    version = made.json()["version"]
    assert again.json()["version"] == version
    assert (version["detail"]["rules"], version["sizeBytes"]) == (1, len(RULES))
    content = anywhere.call("GET", "/artifacts/ruleset/house/versions/1.0.0/content")
    assert content.content.decode() == RULES
    assert content.headers["ETag"] == f'"{version["sha256"]}"'
    assert anywhere.call("GET", f"/documents/{version['sha256']}").content == content.content
    shown = anywhere.call("GET", "/artifacts/ruleset/house").json()
    assert [one["version"] for one in shown["versions"]] == ["1.1.0", "1.0.0"]
    assert anywhere.call("GET", "/artifacts/ruleset/house/versions/latest").json()["version"] == "1.1.0"
    (first, second) = audited(anywhere.store, "artifact.published")
    assert (first["detail"]["version"], second["before"]) == ("1.0.0", version["sha256"])


@pytest.mark.parametrize(
    ("version", "content", "status", "code"),
    [
        ("1.0.0", RULES + "# other\n", 409, "version_exists"),
        ("0.9.0", RULES, 409, "version_not_increasing"),
        ("2.0", RULES, 422, "version_invalid"),
        ("2.0.0", "rules: 7\n", 422, "ruleset_invalid"),
        ("2.0.0", "rules: {a: {given: $, then: {function: hasOwn}}}", 422, "ruleset_invalid"),
    ],
)
def test_a_version_never_changes_and_is_one_that_can_be_read(
    registry: RegistryUnderTest, version: str, content: str, status: int, code: str
) -> None:
    token = registry.team("erp-team")
    keep(registry, "ruleset", "house", RULES, token=token, owner="erp-team")

    refused = keep(registry, "ruleset", "house", content, version, token=token, owner="erp-team")

    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_only_the_owner_keeps_and_withdraws_versions(registry: RegistryUnderTest) -> None:
    token, other = registry.team("erp-team"), registry.team("crm-team")
    keep(registry, "ruleset", "house", RULES, token=token, owner="erp-team")
    path = "/artifacts/ruleset/house/versions/1.0.0"

    refusals = [
        keep(registry, "ruleset", "house", RULES, "2.0.0", token=other, owner="crm-team"),
        keep(registry, "ruleset", "other", RULES, token=other, owner="erp-team"),
        registry.call("DELETE", path, token=other),
    ]
    handed_over = keep(registry, "ruleset", "house", RULES, "2.0.0", owner="crm-team")
    unknown = keep(registry, "ruleset", "new", RULES, owner="nobody")

    assert [one.json()["code"] for one in refusals] == ["not_owner"] * 3
    assert (handed_over.json()["code"], unknown.json()["code"]) == ("owner_changed", "owner_unknown")
    assert registry.call("DELETE", path, token=token).json()["withdrawnAt"] is not None
    assert registry.call("GET", "/artifacts/ruleset/house/versions/latest").status_code == 404
    assert registry.call("GET", f"{path}/content").content.decode() == RULES


def test_a_dry_run_examines_and_keeps_nothing(registry: RegistryUnderTest) -> None:
    registry.team("erp-team")

    answer = keep(registry, "ruleset", "house", RULES, owner="erp-team", dry_run=True)
    wrong = keep(registry, "ruleset", "house", "rules: 7", owner="erp-team", dry_run=True)

    assert (answer.status_code, wrong.status_code) == (200, 422)
    assert registry.call("GET", "/artifacts/ruleset/house").status_code == 404
    assert audited(registry.store, "artifact.") == []


def test_of_those_who_keep_one_version_at_a_time_one_makes_it(anywhere: RegistryUnderTest) -> None:
    token = anywhere.team("erp-team")

    def attempt(number: int) -> int:
        content = RULES if number % 2 else RULES + "# other\n"
        return keep(anywhere, "ruleset", "house", content, token=token, owner="erp-team").status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(attempt, range(4)))

    assert statuses == [200, 201, 409, 409]
    versions = anywhere.call("GET", "/artifacts/ruleset/house").json()["versions"]
    assert len(versions) == len(audited(anywhere.store, "artifact.published")) == 1


def test_a_vendors_document_is_kept_as_it_is_under_the_vendors_version(real: RegistryUnderTest) -> None:
    without = keep(real, "vendor-document", "other", text_of("ledgerly-2025-10.yaml"), "R7")
    renamed = release(real, "2026-03", dry_run=True)
    moved = keep(
        real, "vendor-document", "ledgerly-books", "openapi: 3.0.3\n", "x", vendor="Else", product="Books"
    )
    broken = keep(real, "vendor-document", "broken", "openapi: [", "1", **LEDGERLY)

    assert (without.status_code, without.json()["code"]) == (422, "vendor_missing")
    assert renamed.json()["version"]["version"] == "2026-03"
    assert (moved.status_code, moved.json()["code"]) == (409, "vendor_changed")
    assert (broken.status_code, broken.json()["code"]) == (422, "contract_invalid")
    kept = real.call("GET", "/artifacts/vendor-document/ledgerly-books").json()
    assert (kept["vendor"], kept["product"]) == ("Ledgerly", "Books")
    detail = kept["versions"][0]["detail"]
    assert (detail["title"], detail["statedVersion"], detail["format"]) == (
        "Ledgerly Books",
        "2025-10",
        "openapi",
    )


def test_a_mapping_is_kept_when_all_that_it_names_is_there(real: RegistryUnderTest) -> None:
    made = keep(real, "mapping", "whole", mapping())

    assert made.status_code == 201, made.text
    assert made.json()["version"]["detail"] == {
        "fields": 5,
        "source": {
            "kind": "vendor-document",
            "name": "ledgerly-books",
            "version": "2025-10",
            "document": None,
        },
        "target": {"kind": "contract", "name": "erp-orders", "version": "1.0.0", "document": None},
    }


def test_a_mapping_reaches_a_canonical_schema_that_a_contract_refers_to(real: RegistryUnderTest) -> None:
    canonical = "canonical/money.v1.schema.yaml"
    field = {"from": "/components/schemas/Contact/properties/Name", "to": "/properties/currency"}
    target = {"contract": "erp-orders", "version": "1.0.0", "document": canonical}

    made = keep(real, "mapping", "canonical", mapping(target=target, fields=[field]))
    elsewhere = keep(
        real, "mapping", "elsewhere", mapping(target=target | {"document": "no.yaml"}, fields=[field])
    )

    assert made.status_code == 201, made.text
    assert [one["code"] for one in elsewhere.json()["errors"]] == ["mapping.field_missing"]


def test_every_problem_of_a_mapping_is_told_with_its_line(real: RegistryUnderTest) -> None:
    text = text_of("contact-in.yaml")
    text = text.replace("properties/TradingName", "properties/Nothing").replace(
        "HELD: ON_HOLD", "GONE: NOWHERE"
    )

    refused = keep(real, "mapping", "wrong", text)

    assert (refused.status_code, refused.json()["code"]) == (422, "mapping_invalid")
    found = [(one["code"], one["pointer"], one["line"]) for one in refused.json()["errors"]]
    assert found == [
        ("mapping.field_missing", "/fields/1/from", 7),
        ("mapping.value_unknown", "/fields/3/values", 14),
        ("mapping.value_unknown", "/fields/3/values", 14),
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"source": {"vendorDocument": "ledgerly-books", "version": "1999"}}, "mapping.end_unknown"),
        ({"target": {"contract": "nothing", "version": "1.0.0"}}, "mapping.end_unknown"),
        ({"fields": []}, "mapping.invalid"),
        ({"fields": [{"from": "Name", "to": "/x"}]}, "mapping.invalid"),
        ({"source": {"vendorDocument": "a-b", "contract": "a-b", "version": "1"}}, "mapping.invalid"),
        ({"more": 1}, "mapping.invalid"),
    ],
)
def test_a_mapping_is_refused_for_what_is_not_there_or_not_a_mapping(
    real: RegistryUnderTest, changes: dict[str, Any], code: str
) -> None:
    refused = keep(real, "mapping", "refused", mapping(**changes))

    assert refused.status_code == 422
    assert {one["code"] for one in refused.json()["errors"]} == {code}


HOSTILE = (
    "a: &a [*a]",
    "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "[" * 5_000,
    "{" * 5_000,
    "7",
    "null",
    "[]",
    "{}",
    "- : ?",
    "%YAML 9.9\n---\n",
    '{"rules": {"a": {"given": "$..[?(", "then": {"function": "truthy"}}}}',
    '{"source": {"contract": "a-b", "version": 1}, "target": 7, "fields": {}}',
    "rules: {a: {given: $, then: {function: pattern, functionOptions: {match: '('}}}}",
    "extends: ../../etc/passwd",
    "openapi: 3.0.3\npaths: {/a: {$ref: 'https://example.com/a.yaml'}}\n",
)


@pytest.mark.parametrize("kind", ["mapping", "ruleset", "vendor-document"])
def test_hostile_texts_are_refused_and_never_a_failure(real: RegistryUnderTest, kind: str) -> None:
    vendor = LEDGERLY if kind == "vendor-document" else {}

    answers = [keep(real, kind, "hostile", text, "1.0.0", dry_run=True, **vendor) for text in HOSTILE]

    refused = [answer for answer in answers if answer.status_code != 200]
    assert {answer.status_code for answer in refused} == {422}
    assert len(refused) >= len(HOSTILE) - 1
    assert all(answer.json()["code"] for answer in refused)


def test_mappings_that_fill_one_field_differently_are_told(real: RegistryUnderTest) -> None:
    first, other = (
        "/components/schemas/Contact/properties/Name",
        "/components/schemas/Contact/properties/TermsCode",
    )
    to = "/components/schemas/CustomerUpsert/properties/name"
    before = real.call("GET", "/mapping-conflicts").json()["items"]

    keep(real, "mapping", "one", mapping(fields=[{"from": first, "to": to}]))
    keep(real, "mapping", "two", mapping(fields=[{"from": first, "to": to}]))
    agreed = real.call("GET", "/mapping-conflicts").json()["items"]
    keep(real, "mapping", "three", mapping(fields=[{"from": other, "to": to}]))
    (conflict,) = real.call("GET", "/mapping-conflicts").json()["items"]
    page = real.call("GET", "/mapping-conflicts", params={"limit": 1}).json()
    for name in ("one", "two", "three"):
        real.call("DELETE", f"/artifacts/mapping/{name}/versions/1.0.0")

    assert before == agreed == []
    assert conflict["pointer"] == to
    assert {one["mapping"]: one["from"] for one in conflict["claims"] if one["mapping"] != "whole"} == {
        "one": first,
        "two": first,
        "three": other,
    }
    assert page["nextCursor"] is None
    assert real.call("GET", "/mapping-conflicts").json()["items"] == []
