"""A vendor's new release is judged against the one before, and against the mappings in use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.registry.artifact_calls import OWNER, keep, release, text_of, with_orders
from tests.registry.harness import RegistryUnderTest

CONTACT = "/components/schemas/Contact/properties"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryUnderTest]:
    """With the first release and a mapping each way."""
    registry = with_orders(tmp_path_factory.mktemp("vendor"))
    first = release(registry, "2025-10")
    assert (first.status_code, first.json()["impact"]["before"]) == (201, None)
    for name in ("contact-in", "contact-out"):
        assert keep(registry, "mapping", name, text_of(f"{name}.yaml")).status_code == 201
    yield registry
    registry.close()


def shown(impact: Any) -> list[tuple[str, str, str, str]]:
    return [(one["mapping"], one["pointer"], one["change"], one["level"]) for one in impact["fields"]]


def test_each_mapping_that_a_release_breaks_is_named_with_its_owner_and_what_to_do(
    real: RegistryUnderTest,
) -> None:
    impact = release(real, "2026-03", dry_run=True).json()["impact"]

    assert (impact["before"], impact["mappings"], impact["report"]["verdict"]) == ("2025-10", 2, "breaking")
    assert shown(impact) == [
        ("contact-in", f"{CONTACT}/Name", "gone", "breaking"),
        ("contact-in", f"{CONTACT}/Kind", "widened", "breaking"),
        ("contact-in", f"{CONTACT}/Standing", "deprecated", "warning"),
        ("contact-in", f"{CONTACT}/TermsCode", "type_changed", "breaking"),
        ("contact-out", "/components/schemas/ContactWrite/properties/Reference", "narrowed", "breaking"),
    ]
    assert {one["owner"] for one in impact["fields"]} == {OWNER}
    widened = impact["fields"][1]
    assert widened["detail"].startswith('The mapping has no name for TRUST: "TRUST" may come')
    assert widened["counterpart"].endswith("/CustomerUpsert/properties/kind")
    assert all(one["advice"] for one in impact["fields"])


def test_what_is_told_of_a_field_holds_for_values_of_it(real: RegistryUnderTest) -> None:
    """The second oracle: `jsonschema` on the schemas as the vendor wrote them."""
    impact = release(real, "2026-03", dry_run=True).json()["impact"]
    old, new = (yaml.safe_load(text_of(f"ledgerly-{name}.yaml")) for name in ("2025-10", "2026-03"))

    def accepts(document: Any, pointer: str, value: Any) -> bool:
        schema: Any = document
        for token in pointer.split("/")[1:]:
            schema = schema[token]
        return Draft202012Validator({**schema, "components": document["components"]}).is_valid(value)

    told = {one["pointer"]: one["change"] for one in impact["fields"]}
    kind, terms, name = f"{CONTACT}/Kind", f"{CONTACT}/TermsCode", f"{CONTACT}/TradingName"
    reference = "/components/schemas/ContactWrite/properties/Reference"
    assert told[kind] == "widened"
    assert accepts(new, kind, "TRUST")
    assert not accepts(old, kind, "TRUST")
    assert told[terms] == "type_changed"
    assert accepts(new, terms, 7)
    assert not accepts(old, terms, 7)
    assert told[reference] == "narrowed"
    assert accepts(old, reference, "x" * 30)
    assert not accepts(new, reference, "x" * 30)
    assert name not in told
    assert all(accepts(old, name, "x" * count) for count in (0, 100))
    assert not accepts(new, name, "x" * 101)


def test_two_kept_releases_are_compared_and_withdrawn_mappings_are_left_alone(
    real: RegistryUnderTest,
) -> None:
    path = "/vendor-documents/ledgerly-books/comparison"
    assert release(real, "2026-03").status_code == 201
    asked = {"before": "2025-10", "after": "latest"}

    both = real.call("GET", path, params=asked)
    real.call("DELETE", "/artifacts/mapping/contact-in/versions/1.0.0")
    one_left = real.call("GET", path, params=asked).json()
    backwards = real.call("GET", path, params={"before": "2026-03", "after": "2025-10"}).json()
    missing = real.call("GET", path, params={"before": "1999", "after": "latest"})
    real.call("DELETE", "/artifacts/vendor-document/ledgerly-books/versions/2026-03")
    content = text_of("ledgerly-2026-03.yaml") + "# again\n"
    vendor = {"vendor": "Ledgerly", "product": "Books"}
    next_one = keep(
        real, "vendor-document", "ledgerly-books", content, "2026-04", dry_run=True, **vendor
    ).json()

    assert len(both.json()["fields"]) == 5
    assert {one["mapping"] for one in one_left["fields"]} == {"contact-out"}
    assert backwards["fields"] == []
    assert next_one["impact"]["before"] == "2025-10"
    assert (missing.status_code, missing.json()["code"]) == (404, "artifact_version_not_found")
