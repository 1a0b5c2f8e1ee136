"""Where the registry listens and stores, how it decides, and each of its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from registry.model.access import Held

MEBIBYTE = 1024 * 1024
PROBLEMS_SHOWN_MAX = 2_000
"""Problems listed with one refused document; the answer says how many there are."""
PROBLEM_CHARS_MAX = 1_000
"""Characters of a problem's pointer, message and advice."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the registry; what exceeds one is refused, never cut short."""

    documents_body_bytes_max: int = 64 * MEBIBYTE
    """Body of a publication or a compatibility check."""
    judged_at_once_max: int = 2
    """Publications and comparisons worked on at a time, each with hundreds of megabytes at worst."""
    judged_waiting_max: int = 4
    """Those that wait for their turn, each holding a worker thread; more are answered 503."""
    judged_wait_s: float = 30.0
    batch_body_bytes_max: int = 8 * MEBIBYTE
    """Body of a usage or drift batch."""
    head_bytes_max: int = 64 * 1024
    """Request line and headers; a token of ours has about 1 KiB."""
    body_bytes_max: int = 64 * 1024
    """Any other body of the API."""
    token_body_bytes_max: int = 16 * 1024
    """Body of a request to the authorization server."""
    clock_skew_max_s: int = 300
    """How far the clock of a gateway may be ahead of ours when it reports what it saw."""
    usage_rows_judged_max: int = 5_000
    """Rows of usage joined with one report, the busiest first."""
    schema_body_bytes_max: int = 4 * MEBIBYTE
    """Body of a request with a schema; the schema itself may have 1 MiB."""
    tokens_remembered_max: int = 10_000
    """Credentials that were verified within the last second."""
    immutable_bytes_kept_max: int = 64 * MEBIBYTE
    """Answers in memory that never change."""
    usage_days_kept: int = 400
    """Usage of earlier days is deleted when a batch comes in."""
    usage_rows_deleted_max: int = 10_000
    """Rows of usage deleted with one batch: twice what a batch can bring, so that deleting keeps up."""
    usage_places_deleted_max: int = 60_000
    """Places that calls showed, deleted with one batch; a gateway brings 20,000 at most."""
    usage_places_judged_max: int = 100_000
    """Places that calls showed, joined with one report; where there are more, none is."""
    denials_per_minute_max: int = 120
    """Denied attempts of one client, or of all without one, that go to the audit; more are counted in it."""
    clients_per_party_max: int = 20
    """Clients of one team or consumer that are not withdrawn."""
    subscriptions_per_consumer_max: int = 500
    warnings_kept_max: int = 500
    """Warnings stored with a version."""
    revoked_tokens_max: int = 100_000
    """Revoked tokens in a snapshot; the ones expiring last are kept."""


@dataclass(frozen=True, slots=True)
class ReportKeeping:
    """Bounds of the judgements that are kept, so that the same change is judged once."""

    count_max: int = 20_000
    """Judgements in the database; the oldest go first."""
    bytes_max: int = 512 * MEBIBYTE
    """All of them together, compressed."""
    one_bytes_max: int = 8 * MEBIBYTE
    """One of them, compressed; a larger one is judged each time."""
    memory_bytes_max: int = 32 * MEBIBYTE
    """Those held ready in memory, counted uncompressed; in Python each byte takes several."""
    pairs_max: int = 100
    """Earlier versions that one publication is judged against; beyond them the verdict is unknown."""
    pair_findings_max: int = 50
    """Findings shown of a pair whose report is not the one that is shown whole."""
    fan_out_max: int = 300
    """Contracts judged with a new canonical schema in place; more are named as unknown."""
    fan_out_named_max: int = 2_000
    """Contracts named that hold a canonical schema; with more the verdict is unknown."""


@dataclass(frozen=True, slots=True)
class CatalogLimits:
    """Bounds of what the catalog indexes and answers; what is beyond them is left out, never an error."""

    items_max: int = 5_000
    """Operations, schemas and fields indexed of one version."""
    items_of_a_name_max: int = 10
    """Places kept of one name: `id` is found in a contract, not at each of its places."""
    name_chars_max: int = 200
    text_chars_max: int = 200
    nodes_max: int = 500_000
    """Places of one document looked at."""
    shapes_max: int = 2_000
    """Operations of one version that are compared with others."""
    words_of_a_shape_max: int = 30
    fields_of_a_shape_max: int = 100
    schemas_of_a_shape_max: int = 200
    depth_of_a_shape_max: int = 3
    links_max: int = 2_000
    """References from document to document within one version."""
    asked_words_max: int = 8
    """Words of a query that count; more are left out."""
    found_max: int = 1_000
    """Versions that the pages of one search hold together."""
    matches_max: int = 5
    """Items shown with one version that was found."""
    duplicate_operations_max: int = 20_000
    """Operations that the search for duplicates reads; and pairs of them that it compares."""
    duplicate_pairs_max: int = 50_000
    duplicate_lists_kept_max: int = 4
    """Lists of duplicates in memory, one for each score and scope that was asked for."""
    duplicate_versions_max: int = 100_000
    """Versions in force up to which such a list is kept; beyond it is made anew each time."""
    export_bytes_max: int = 16 * MEBIBYTE
    """Documents within one part of an export; a part ends early, it is not refused."""
    linkset_contracts_max: int = 200
    holders_max: int = 1_000
    """Contracts looked at to tell who sees a document; it belongs to few."""
    """Contracts in one part of the catalog at the well-known address."""


@dataclass(frozen=True, slots=True)
class ArtifactLimits:
    """Bounds of mappings, rulesets, documents of vendors, and exceptions of rules."""

    text_bytes_max: int = MEBIBYTE
    """A mapping or a ruleset; a vendor's document may have what a contract may."""
    versions_shown_max: int = 200
    mappings_read_max: int = 500
    """Mappings in use that one comparison or conflict report reads, by name."""
    releases_read_max: int = 10
    """Releases of a vendor that one comparison parses because mappings in use name them."""
    exception_days_max: int = 366
    """How far ahead an exception may end."""
    exceptions_per_contract_max: int = 200


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """Requests allowed, in the notation of the limits library; per caller and operation."""

    api: str = "1200 per minute"
    """Per client, or per address without a token."""
    token: str = "120 per minute"  # noqa: S105 - a rate, not a secret
    """Per address and claimed client, over all endpoints of the authorization server."""
    token_address: str = "1200 per minute"  # noqa: S105 - a rate, not a secret
    """Per address, over all endpoints of the authorization server and whatever clients are claimed."""
    sign_in: str = "20 per minute"
    """Passwords tried in the portal, per address."""
    schemas: str = "30000 per minute"
    """Per client, or per address that no client is proven for, at the door for schema registry clients.

    Reads by id that memory answers are not counted. Each process counts for itself.
    """
    storage_url: str = "memory://"
    """`redis://host:port` shares the counters between processes.

    It must answer at the start. While it is away later, each process counts in its own memory.
    """
    storage_timeout_s: float = 1.0
    """How long a request waits for that storage before the counts in memory take over."""


@dataclass(frozen=True, slots=True)
class PublishPolicy:
    """What a publication may do beyond what is proven compatible."""

    allow_unknown: bool = False
    """Accept a change within a major version that could be proven neither compatible nor breaking."""
    retirement_quiet_days: int = 7
    """How long nobody may have called a major version before it is retired."""
    usage_days: int = 30
    """How far back traffic counts when a report names consumers."""


@dataclass(frozen=True, slots=True)
class ChangePolicy:
    """How changes that the compatibility rule refuses are authorised."""

    board_team: str = "enterprise-architecture"
    """The change advisory board: the team that decides on high risk and emergencies."""
    eyes_min: int = 1
    """Clients other than the author that have to approve."""
    eyes_min_high: int = 2
    """The same where the risk is high."""
    expires_after_days: int = 14
    emergency_expires_after_hours: int = 24
    open_per_contract_max: int = 20
    """Change requests of one contract that are open or approved at a time."""
    entries_max: int = 500
    """Entries of one change request: approvals, comments and all else."""
    collisions_read_max: int = 200
    """Live change requests that a new one is compared with."""


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """Who may do what beyond roles, how credentials last, and what of denied attempts is kept."""

    separate_in: tuple[str, ...] = ()
    """Environments that nobody promotes to who published that version."""
    secrets_per_client_max: int = 2
    """Secrets of one client that open something: the one in use, and the one it is changed to."""
    secret_use_noted_after_s: int = 300
    """How old the last use that is noted may be before another one is written down."""
    grants_max: int = 10_000
    """Grants of roles that are kept."""
    record_concealed_reads: bool = True
    """Whether the audit holds who asked for what it may not see."""
    record_failed_sign_ins: bool = True
    """Whether the audit holds wrong passwords, wrong secrets and refused people of a provider."""


@dataclass(frozen=True, slots=True)
class EnvironmentPolicy:
    """Where versions are deployed, one environment after the other."""

    names: tuple[str, ...] = ("dev", "test", "prod")
    """In the order that a version passes through them."""
    tests_required_in: tuple[str, ...] = ("test", "prod")
    """Only a version whose tests passed moves here."""
    evidence_read_max: int = 200
    """Runs of tests of one content that a decision reads, the newest first."""
    freezes_read_max: int = 200
    """Freezes that a decision reads."""


@dataclass(frozen=True, slots=True)
class PlanPolicy:
    """How versions end, and what is shown to a team."""

    reminder_days: tuple[int, ...] = (30, 7, 1)
    """Days before the end on which consumers' owners are told again."""
    milestones_max: int = 20
    consumers_max: int = 1_000
    """Consumers of one version that a plan follows, the busiest first."""
    handled_at_once_max: int = 20
    """Plans that one round tells of."""
    drift_days: int = 14
    """How long drift is a notice after it was last seen."""
    approvals_read_max: int = 200
    """Open change requests of a team that are looked through."""
    calendar_entries_max: int = 2_000


@dataclass(frozen=True, slots=True)
class WebhookPolicy:
    """How events are brought to webhooks, and which addresses may be called."""

    allowed_networks: tuple[str, ...] = ()
    """Networks in CIDR notation that are called though they are private, and by http too."""
    key: bytes | None = None
    """What secrets are derived from, 32 bytes or more; None for a key kept in the database."""
    per_team_max: int = 20
    secrets_max: int = 2
    """Secrets of one webhook that sign at a time."""
    filters_max: int = 50
    """Names in one filter."""
    pending_per_webhook_max: int = 10_000
    """Deliveries that wait for one webhook; with one more it is disabled."""
    at_once_max: int = 100
    """Deliveries on their way at a time, of one process; webhooks that fail have half of them."""
    per_webhook_at_once_max: int = 2
    connect_timeout_s: float = 5.0
    timeout_s: float = 15.0
    """From the look-up of the name to the end of the answer."""
    lease_s: float = 60.0
    """After this a delivery that a process took and did not settle is taken by another."""
    poll_s: float = 0.5
    """How often the database is asked for deliveries that are due."""
    trouble_wait_max_s: float = 30.0
    """How long that waits at most while the database does not answer."""
    answer_bytes_read_max: int = 1_024
    """How much of an answer is read and kept."""
    tries_max: int = 10
    retry_first_s: float = 5.0
    retry_factor: float = 4.0
    retry_wait_max_s: float = 21_600.0
    disable_after_days: int = 5
    """A webhook is disabled when nothing reached it for so long, and so many attempts failed."""
    disable_after_failures: int = 10
    kept_days: int = 30
    """How long settled deliveries and their attempts can be read, and sent again."""
    rows_deleted_max: int = 1_000
    """Settled deliveries deleted at a time."""
    stop_wait_s: float = 5.0
    """How long deliveries on their way are waited for when the server stops."""


@dataclass(frozen=True, slots=True)
class OidcPolicy:
    """An OpenID provider that people sign in to the portal with, and what its groups mean here."""

    metadata_url: str
    """Ends with `/.well-known/openid-configuration`; what stands before is the issuer."""
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    """Sent by HTTP Basic; a public client has none."""
    label: str = "your organisation's account"
    """What the button says to sign in with."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    groups_claim: str = "groups"
    teams: Mapping[str, str] = field(default_factory=dict)
    """The team of each group; of several, the first in this order counts."""
    administrators: tuple[str, ...] = ()
    """Groups whose people administer the registry."""
    roles: Mapping[str, tuple[Held, ...]] = field(default_factory=dict)
    """Roles that a group gives on top."""
    timeout_s: float = 5.0
    body_bytes_max: int = MEBIBYTE
    """Metadata, keys or tokens of the provider."""
    metadata_fresh_s: int = 3_600
    """How long metadata and keys are kept."""
    keys_fresh_s: int = 60
    """How old keys must be to be read again for a token that names one they lack."""
    clock_skew_s: int = 60
    attempt_lifetime_s: int = 600
    """How long somebody may take to sign in at the provider."""
    attempts_max: int = 10_000
    """Sign-ins that wait for the provider at a time."""
    groups_max: int = 1_000
    """Groups of one person that are looked at."""


@dataclass(frozen=True, slots=True)
class RegistryConfig:
    """Everything `registry.serve.run` needs; the defaults serve one machine."""

    database_url: str
    """SQLAlchemy URL: `sqlite:///path` or `postgresql+psycopg://user@host/database`."""
    host: str = "127.0.0.1"
    port: int = 8700
    issuer: str | None = None
    """The `iss` of tokens: the public base URL; `http://host:port` when absent."""
    token_lifetime_s: int = 600
    worker_threads: int = 10
    """Requests worked on at a time; more wait."""
    concurrent_requests_max: int = 200
    """Open requests; more are answered 503 by the server."""
    busy_timeout_ms: int = 5_000
    """How long a write waits for another on SQLite."""
    writes_grouped_max: int = 32
    """Writers on SQLite that share one commit; only those that wait anyway do."""
    connect_timeout_s: int = 5
    """How long a connection to PostgreSQL may take to be made; a URL with its own is left as it is."""
    log_level: str = "info"
    limits: Limits = field(default_factory=Limits)
    rates: RatePolicy = field(default_factory=RatePolicy)
    publishing: PublishPolicy = field(default_factory=PublishPolicy)
    reports: ReportKeeping = field(default_factory=ReportKeeping)
    catalog: CatalogLimits = field(default_factory=CatalogLimits)
    changes: ChangePolicy = field(default_factory=ChangePolicy)
    environments: EnvironmentPolicy = field(default_factory=EnvironmentPolicy)
    artifacts: ArtifactLimits = field(default_factory=ArtifactLimits)
    webhooks: WebhookPolicy = field(default_factory=WebhookPolicy)
    plans: PlanPolicy = field(default_factory=PlanPolicy)
    access: AccessPolicy = field(default_factory=AccessPolicy)
    oidc: OidcPolicy | None = None
    """Beside local accounts; without one those are the only way in."""

    @property
    def issuer_url(self) -> str:
        """The issuer without a trailing slash."""
        return (self.issuer or f"http://{self.host}:{self.port}").rstrip("/")
