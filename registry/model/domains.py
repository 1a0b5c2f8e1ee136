"""Domains of the business, with what each is for and how it is governed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Domain:
    """``name`` is what contracts say in ``x-pactolus.domain``; None where nobody has said it yet.

    The four attributes are the columns of the table of domains in the target architecture: the domain's
    title there, its primary system role, its integration responsibility, its governance focus. ``epoch``
    counts the changes (optimistic lock), 0 for a domain that contracts name and nobody has described.
    """

    name: str
    title: str | None = None
    system_role: str | None = None
    integration_responsibility: str | None = None
    governance_focus: str | None = None
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class DomainEntry:
    """A domain with the number of contracts that name it."""

    domain: Domain
    contracts: int
