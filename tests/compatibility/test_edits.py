"""What an edit takes away and adds, told in work that grows with the lists and not with their product."""

from __future__ import annotations

from compatibility.containment.terms import Term
from compatibility.identity import difference
from compatibility.partners import Child, with_child, with_named
from specs.load import load_contract
from specs.model import Node


class Counted(str):
    """A word that counts how often it is compared with another."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return str.__eq__(self, other) if isinstance(other, str) else NotImplemented


def test_an_edit_tells_what_is_not_on_the_other_side_in_the_order_of_the_lists() -> None:
    assert list(difference(["a", "b", "b", "c"], ["c", "d"])) == [["a", "b", "b"], ["d"]]
    assert list(difference("a", ["a"])) == ["a", ["a"]]


def test_long_lists_are_compared_in_few_steps() -> None:
    former = [Counted(f"value {number}") for number in range(3_000)]
    now = [Counted(f"value {number}") for number in range(1, 3_001)]
    Counted.compared = 0

    assert list(difference(former, now)) == [["value 0"], ["value 3000"]]
    assert Counted.compared < 10 * len(former)


def test_many_named_children_are_replaced_as_one_by_one_in_few_steps() -> None:
    names = [Counted(f"member {number}") for number in range(1_000)]
    term = Term(properties=tuple((name, number) for number, name in enumerate(names)))
    contract = load_contract("a.yaml", b"type: object")
    place = Node(contract, contract.document, "", {})
    expected = term
    for number, name in enumerate(names[:3]):
        expected = with_child(expected, Child("", place, place, "properties", name), number, 7)
    few = {"properties": dict.fromkeys(names[:3], 7)}
    all_of_them = {"properties": dict.fromkeys(names, 7), "patternProperties": {"^a": 7}}
    Counted.compared = 0

    assert with_named(term, few) == expected
    assert {number for _, number in with_named(term, all_of_them).properties} == {7}
    assert Counted.compared < 10 * len(names)
