"""A reference to documentation elsewhere changed, came or went: `externalDocs`, the license, the contact.

A promise of the level `docs` only (policy `words_changed`)."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.documentation import words_changed

MIRROR = "itself: documentation is read the same way in both directions"
PROMISE = "docs"
WORDS = ("externalDocs", "contact", "license", "termsOfService")


def check(change: ContractChange) -> Iterator[Draft]:
    yield from words_changed(change, "external-docs-changed", WORDS, "`{}`")
