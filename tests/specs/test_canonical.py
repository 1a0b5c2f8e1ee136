"""The canonical form is RFC 8785's, judged by the rfc8785 package and the RFC's own samples."""

from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from specs.canonical import canonical_json
from specs.load import contract_from_value, load_contract, load_document

text = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=5),
    max_leaves=12,
)


@given(json_values)
def test_every_value_has_the_form_the_rfc_gives_it(value: object) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_written_as_ecmascript_writes_it(number: float) -> None:
    assert canonical_json(number) == rfc8785.dumps(number)
    assert float(canonical_json(number)) == number


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (333333333.33333329, b"333333333.3333333"),
        (1e30, b"1e+30"),
        (4.50, b"4.5"),
        (2e-3, b"0.002"),
        (0.000000000000000000000000001, b"1e-27"),
        (1e21, b"1e+21"),
        (1e20, b"100000000000000000000"),
        (1e-7, b"1e-7"),
        (-0.0, b"0"),
        (5e-324, b"5e-324"),
    ],
)
def test_the_rfcs_sample_numbers_come_out_as_printed(number: float, written: bytes) -> None:
    assert canonical_json(number) == written


def test_names_are_sorted_by_their_utf16_code_units() -> None:
    names = ["\U0001f600", "\ufb33", "\u20ac", "\r", "1", "\u0080", "\u00f6"]

    written = canonical_json(dict.fromkeys(names, 0)).decode()

    expected = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(written)) == expected


def test_integers_no_double_can_hold_keep_their_digits() -> None:
    assert canonical_json({"maximum": 2**63 - 1}) == b'{"maximum":9223372036854775807}'
    assert canonical_json([1.5, 2**63 - 1]) == b"[1.5,9223372036854775807]"


def test_yaml_and_json_of_one_value_have_one_canonical_digest() -> None:
    written = load_document(b'{"openapi": "3.1.0", "a": [1, 2.0, "x"]}', "x.json")
    other = load_document(b"a: [1, 2.0, x]\nopenapi: 3.1.0 # first\n", "x.yaml")

    assert written.canonical_sha256 == other.canonical_sha256
    assert written.sha256 != other.sha256


def test_the_bundle_digest_tells_documents_and_their_names() -> None:
    one = load_contract("a.yaml", b"openapi: 3.1.0", {"b.yaml": b"type: string"})
    same = load_contract("a.yaml", b"openapi:   3.1.0", {"b.yaml": b"{type: string}"})
    other = load_contract("a.yaml", b"openapi: 3.1.0", {"b.yaml": b"type: number"})
    renamed = load_contract("a.yaml", b"openapi: 3.1.0", {"c.yaml": b"type: string"})

    assert one.bundle_sha256 == same.bundle_sha256
    assert len({one.bundle_sha256, other.bundle_sha256, renamed.bundle_sha256}) == 3
    assert contract_from_value({"openapi": "3.1.0"}).bundle_sha256 != one.bundle_sha256
