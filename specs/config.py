"""The limits of reading a contract: every document, depth, chain and report has a bound."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one contract; beyond any of them the contract is refused with a problem, never truncated."""

    document_bytes_max: int = 64 * 1024 * 1024
    """One document; checked before a byte of it is parsed."""
    contract_bytes_max: int = 128 * 1024 * 1024
    """All documents of a contract together."""
    documents_max: int = 1_000
    """Documents of one contract, the entry included."""
    depth_max: int = 100
    """Nesting of objects and arrays; the deepest public contract we measured (Stripe) has 24."""
    nodes_max: int = 2_000_000
    """Values of one document with YAML aliases expanded; GitHub's 13 MB contract has 0.26 million."""
    name_characters_max: int = 1_024
    """Characters of one member name; every pointer below it repeats it."""
    integer_digits_max: int = 400
    """Digits of one integer; the largest double has 309."""
    reference_hops_max: int = 50
    """References followed from one place before a schema or object is reached."""
    required_lookups_max: int = 1_000_000
    """Schemas looked through in one document for the members that ``required`` names beside ``allOf``."""
    default_references_max: int = 100_000
    """References followed in one document to check defaults."""
    places_max: int = 500_000
    """Places of one OpenAPI document outside schemas, counted as often as references lead to them."""
    problems_max: int = 10_000
    """Problems reported for one contract."""
    ruleset_files_max: int = 50
    """Files that one ruleset extends, over all levels."""
    path_expression_characters_max: int = 4_000
    """One JSONPath of a ruleset."""
    filter_depth_max: int = 50
    """Nesting of one filter of a JSONPath."""
    path_steps_max: int = 5_000_000
    """Places that the path of one rule is tried at in one contract."""
    expanded_nodes_max: int = 200_000
    """Values of the copy with references followed that the function ``schema`` of a ruleset judges."""


LIMITS = Limits()
