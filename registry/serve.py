"""Starts the registry: opens the database, wires the ports, and serves by uvicorn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from registry.config import CatalogLimits, OidcPolicy, RegistryConfig, ReportKeeping
from registry.delivery.worker import Delivering
from registry.errors import SetupError
from registry.model import Credentials, KeyPurpose, UsageEvidence
from registry.ports import Clock, ContractReader, Joiner, Judge, Judgement, Store
from registry.ports.artifacts import ArtifactReader
from registry.ports.identity import IdentityProvider
from registry.ports.schemas import SchemaJudge
from registry.storage.engine import open_engine, upgrade
from registry.storage.group_commit import grouped
from registry.storage.inspection import Look, prepare_empty, require_registry
from registry.storage.store import SqlStore
from registry.tokens import TokenIssuer
from registry.usecases.audit import add_key
from registry.usecases.search import Reindexed, reindex
from registry.usecases.services import Services, kept_duplicates, turns_of
from registry.usecases.setup import initialise, signing_keys
from registry.usecases.webhooks import allowed_networks
from registry.web.app import create_asgi_app
from registry.web.protocol import bounded_protocol


def now() -> datetime:
    """The system's clock in UTC."""
    return datetime.now(UTC)


def open_store(config: RegistryConfig) -> SqlStore:
    """The store of a registry, its schema moved forward to this release's.

    Raises `SetupError` for a database that holds no registry, and leaves that one as it is.
    """
    return opened(config, require_registry)


def create_store(config: RegistryConfig) -> SqlStore:
    """Like `open_store`, but makes the database's file and schema where there is nothing yet."""
    return opened(config, prepare_empty)


def opened(config: RegistryConfig, look: Look) -> SqlStore:
    """The store over the configured database, once a look at it finds nothing against that."""
    engine = open_engine(
        config.database_url,
        connections=2 * config.worker_threads + 5,
        busy_timeout_ms=config.busy_timeout_ms,
        connect_timeout_s=config.connect_timeout_s,
    )
    try:
        look(engine, config.busy_timeout_ms)
        upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    group = grouped(engine, config.writes_grouped_max, config.busy_timeout_ms / 1_000)
    return SqlStore(engine, group)


def initialise_registry(config: RegistryConfig) -> Credentials:
    """Creates schema, signing key and administrator; raises `Conflict` when that was done before.

    The answer holds the administrator's secret, which is stored nowhere.
    """
    store = create_store(config)
    try:
        return initialise(store, now)
    finally:
        store.engine.dispose()


def reindex_catalog(config: RegistryConfig) -> Reindexed:
    """Makes the catalog's index anew."""
    store = open_store(config)
    try:
        return reindex(store, default_reader(config.catalog))
    finally:
        store.engine.dispose()


def add_vouching_key(config: RegistryConfig, purpose: KeyPurpose) -> str:
    """Adds a key that signs from now on; the public key as text. A server that runs takes it up by itself."""
    store = open_store(config)
    try:
        return add_key(store, now, purpose).text
    finally:
        store.engine.dispose()


def create_app(
    config: RegistryConfig,
    *,
    store: Store | None = None,
    reader: ContractReader | None = None,
    judging: Judge | None = None,
    artifact_reader: ArtifactReader | None = None,
    clock: Clock = now,
) -> ASGIApp:
    """The ASGI application over the configured database; `SetupError` when it was not initialised."""
    services = services_of(
        config, store=store, reader=reader, judging=judging, artifact_reader=artifact_reader, clock=clock
    )
    return application(services, config)


def application(services: Services, config: RegistryConfig) -> ASGIApp:
    """The ASGI application over services that are wired."""
    unknown = set(config.access.separate_in) - set(config.environments.names)
    if unknown:
        raise SetupError("environment_unknown", f"There is no environment {', '.join(sorted(unknown))}.")
    issuer = TokenIssuer(config.issuer_url, signing_keys(services.store), config.token_lifetime_s)
    return create_asgi_app(services, issuer, config, default_provider(config.oidc, services.clock))


def services_of(
    config: RegistryConfig,
    *,
    store: Store | None = None,
    reader: ContractReader | None = None,
    judging: Judge | None = None,
    artifact_reader: ArtifactReader | None = None,
    clock: Clock = now,
) -> Services:
    """The ports wired to what the configuration names."""
    return Services(
        store=store or open_store(config),
        reader=reader or default_reader(config.catalog),
        judge=judging or default_judge(),
        clock=clock,
        schema_judge=default_schema_judge(),
        artifact_reader=artifact_reader or default_artifact_reader(),
        joiner=default_joiner(config.reports),
        limits=config.limits,
        publishing=config.publishing,
        reports=config.reports,
        catalog=config.catalog,
        changes=config.changes,
        environments=config.environments,
        artifacts=config.artifacts,
        webhooks=config.webhooks,
        plans=config.plans,
        source=config.issuer_url,
        access=config.access,
        turns=turns_of(config.limits),
        duplicates=kept_duplicates(config.catalog),
    )


def local_services(store: Store, clock: Clock) -> Services:
    """The services for the command line, on the database itself."""
    return Services(
        store=store,
        reader=default_reader(CatalogLimits()),
        judge=default_judge(),
        clock=clock,
        schema_judge=default_schema_judge(),
        artifact_reader=default_artifact_reader(),
        joiner=default_joiner(ReportKeeping()),
    )


def default_reader(limits: CatalogLimits) -> ContractReader:
    """The reader over `specs`; imported late, since its schemas take a moment to load."""
    from registry.contracts import SpecsReader

    return SpecsReader(catalog=limits)


def default_provider(policy: OidcPolicy | None, clock: Clock) -> IdentityProvider | None:
    """The OpenID provider that is configured; imported late, and asked nothing until somebody signs in."""
    if policy is None:
        return None
    from registry.oidc import OidcProvider

    return OidcProvider(policy, clock)


def default_judge() -> Judge:
    """The judge over `compatibility`; the engine is loaded when it is first asked."""

    def judge_change(before: Any, after: Any, usage: Sequence[UsageEvidence]) -> Judgement:
        from registry.judgement import judge

        return judge(before, after, usage)

    return judge_change


def default_joiner(keeping: ReportKeeping) -> Joiner:
    """What joins kept judgements with traffic."""
    from registry.judgement import KeptReports

    return KeptReports(keeping)


def default_schema_judge() -> SchemaJudge:
    """The judge of schemas that stand alone; imported late, as the engine is."""
    from registry.json_schemas import JsonSchemaJudge

    return JsonSchemaJudge()


def default_artifact_reader() -> ArtifactReader:
    """The reader of mappings, rulesets and documents of vendors; imported late, as the engine is."""
    from registry.artifacts import SpecsArtifactReader

    return SpecsArtifactReader()


def run(config: RegistryConfig) -> None:
    """Serves, and brings events to webhooks, until it is told to stop (SIGINT or SIGTERM)."""
    allowed_networks(config.webhooks)
    services = services_of(config)
    app = application(services, config)
    uvicorn.run(Delivering(app, services), **server_options(config))


def server_options(config: RegistryConfig) -> dict[str, Any]:
    """What uvicorn is told."""
    return {
        "host": config.host,
        "port": config.port,
        "log_level": config.log_level,
        "access_log": False,
        "http": bounded_protocol(config.limits),
        "limit_concurrency": config.concurrent_requests_max,
        "server_header": False,
        "timeout_keep_alive": 30,
        "timeout_graceful_shutdown": 10,
    }
