"""Domains: listing them, and describing one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

from registry.errors import Invalid, NotFound, PreconditionFailed
from registry.model import Actor, storable
from registry.model.access import AccessScope
from registry.model.domains import Domain, DomainEntry
from registry.usecases.services import Page, Services, demand_administrator, page


def list_domains(services: Services, after: str | None, count: int) -> Page[DomainEntry]:
    """Domains by name: those described and those that a contract names."""
    with services.store.reading() as transaction:
        found = transaction.domains.entries(after, count + 1)
    return page(found, count, lambda entry: (entry.domain.name,))


def get_domain(services: Services, name: str) -> DomainEntry:
    """The domain, or `NotFound`."""
    with services.store.reading() as transaction:
        found = transaction.domains.entry(name)
    if found is None:
        raise NotFound("domain_not_found", f"There is no domain {name}.")
    return found


def put_domain(
    services: Services, actor: Actor, asked: Domain, expected: Callable[[str], bool]
) -> DomainEntry:
    """Describes a domain anew; ``expected`` tells whether the caller saw the epoch that stands (0: none)."""
    texts = [text for text in (asked.name, *list(asdict(asked).values())[1:5]) if text]
    if not all(storable(text) for text in texts):
        raise Invalid("text_invalid", "A text of the domain has a character that is not text.")
    demand_administrator(actor, AccessScope(domain=asked.name))
    with services.store.writing() as transaction:
        there = transaction.domains.entry(asked.name)
        before = there.domain if there else Domain(asked.name)
        epoch = before.epoch
        if not expected(str(epoch)) or not transaction.domains.put(replace(asked, epoch=epoch)):
            raise PreconditionFailed(
                "precondition_failed",
                f"The domain {asked.name} is not the one If-Match names: read it again.",
            )
        detail = {"before": texts_of(before), "after": texts_of(asked)}
        transaction.security.audit(services.entry(actor, "domain.described", asked.name, detail=detail))
    return DomainEntry(replace(asked, epoch=epoch + 1), there.contracts if there else 0)


def texts_of(domain: Domain) -> dict[str, str | None]:
    """The four attributes."""
    return {name: value for name, value in asdict(domain).items() if name not in ("name", "epoch")}
