"""What the use cases need from outside, a module for each area; every port is taken from here."""

from __future__ import annotations

from registry.ports.accounts import Accounts
from registry.ports.audit import AuditLog
from registry.ports.catalog import Catalog, CatalogFilter
from registry.ports.changes import ChangeFilter, Changes
from registry.ports.clients import Clients
from registry.ports.discovery import Discovery, SearchFilter
from registry.ports.environments import Environments
from registry.ports.grants import Grants
from registry.ports.parties import Parties
from registry.ports.plans import Inbox, Plans
from registry.ports.reports import Joiner, Reports
from registry.ports.security import Security
from registry.ports.services import Clock, ContractReader, Judge, Judgement, ReadContract
from registry.ports.store import Store, Transaction
from registry.ports.traffic import Traffic
from registry.ports.webhooks import Deliveries, Webhooks

__all__ = [
    "Accounts",
    "AuditLog",
    "Catalog",
    "CatalogFilter",
    "ChangeFilter",
    "Changes",
    "Clients",
    "Clock",
    "ContractReader",
    "Deliveries",
    "Discovery",
    "Environments",
    "Grants",
    "Inbox",
    "Joiner",
    "Judge",
    "Judgement",
    "Parties",
    "Plans",
    "ReadContract",
    "Reports",
    "SearchFilter",
    "Security",
    "Store",
    "Traffic",
    "Transaction",
    "Webhooks",
]
