"""The schema, as the migrations leave it. Columns without a foreign key outlive what they name."""

from __future__ import annotations

from registry.storage.tables.access import client_secrets, grants, sign_in_attempts
from registry.storage.tables.accounts import accounts, sessions
from registry.storage.tables.artifacts import (
    artifact_versions,
    artifacts,
    rule_exceptions,
    ruleset_bindings,
)
from registry.storage.tables.audit import (
    audit_contracts,
    audit_head,
    audit_log,
    audit_nodes,
    vouching_keys,
)
from registry.storage.tables.base import NAMING, Moment, counter, metadata, state
from registry.storage.tables.canonical import schema_ids
from registry.storage.tables.catalog import (
    blobs,
    contracts,
    lifecycles,
    version_documents,
    version_operations,
    versions,
)
from registry.storage.tables.changes import change_entries, change_teams, changes
from registry.storage.tables.discovery import (
    FULL_TEXT,
    catalog_entries,
    catalog_items,
    catalog_links,
    catalog_operations,
)
from registry.storage.tables.domains import domains
from registry.storage.tables.environments import deployments, freezes, test_evidence
from registry.storage.tables.parties import clients, consumers, subscriptions, teams
from registry.storage.tables.plans import deprecation_plans, plan_acknowledgements
from registry.storage.tables.reports import reports
from registry.storage.tables.schemas import (
    schema_references,
    schema_settings,
    schema_texts,
    subject_versions,
    subjects,
)
from registry.storage.tables.security import revoked_tokens, signing_keys
from registry.storage.tables.traffic import batches, drift, last_calls, usage, usage_seen
from registry.storage.tables.webhooks import (
    webhook_attempts,
    webhook_deliveries,
    webhook_events,
    webhook_keys,
    webhook_secrets,
    webhooks,
)

__all__ = [
    "FULL_TEXT",
    "NAMING",
    "Moment",
    "accounts",
    "artifact_versions",
    "artifacts",
    "audit_contracts",
    "audit_head",
    "audit_log",
    "audit_nodes",
    "batches",
    "blobs",
    "catalog_entries",
    "catalog_items",
    "catalog_links",
    "catalog_operations",
    "change_entries",
    "change_teams",
    "changes",
    "client_secrets",
    "clients",
    "consumers",
    "contracts",
    "counter",
    "deployments",
    "deprecation_plans",
    "domains",
    "drift",
    "freezes",
    "grants",
    "last_calls",
    "lifecycles",
    "metadata",
    "plan_acknowledgements",
    "reports",
    "revoked_tokens",
    "rule_exceptions",
    "ruleset_bindings",
    "schema_ids",
    "schema_references",
    "schema_settings",
    "schema_texts",
    "sessions",
    "sign_in_attempts",
    "signing_keys",
    "state",
    "subject_versions",
    "subjects",
    "subscriptions",
    "teams",
    "test_evidence",
    "usage",
    "usage_seen",
    "version_documents",
    "version_operations",
    "versions",
    "vouching_keys",
    "webhook_attempts",
    "webhook_deliveries",
    "webhook_events",
    "webhook_keys",
    "webhook_secrets",
    "webhooks",
]
