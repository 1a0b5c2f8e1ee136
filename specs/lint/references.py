"""Which places of a contract its references lead to."""

from __future__ import annotations

from specs.model import Contract, resolve_reference
from specs.walk import pointer_of_path


def referenced_places(contract: Contract) -> frozenset[tuple[str, str]]:
    """Document and pointer of all that a reference leads to, and of all around it: what holds it is used."""
    found: frozenset[tuple[str, str]] | None = contract.memo.get("referenced_places")
    if found is None:
        found = contract.memo["referenced_places"] = frozenset(_collect(contract))
    return found


def _collect(contract: Contract) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for document in contract.documents.values():
        for reference in document.findings.references:
            resource = document.resource_of(pointer_of_path(reference.path))
            target = resolve_reference(contract, document, resource, reference.target)
            if isinstance(target, tuple):
                pointer = target[1]
                while pointer and (target[0].uri, pointer) not in found:
                    found.add((target[0].uri, pointer))
                    pointer = pointer.rpartition("/")[0]
    return found
