"""Every setting and every limit of the gateway: what an operator may turn, with the value it starts with.

Units stand last in each name. A limit that is reached is answered, never waited out: 413, 431, 429, 502, 503
or 504 as `errors.py` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from gateway.limit_plans import OperatorLimits
from gateway.model import ApiKey, ThrottlingPlan
from gateway.plan.facets import PREVENT, Validation
from specs.ed25519 import PublicKey


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one gateway process."""

    request_body_bytes_max: int = 2 * 1024 * 1024
    body_values_max: int = 100_000
    response_body_bytes_max: int = 16 * 1024 * 1024
    streamed_from_bytes: int = 256 * 1024
    streamed_body_bytes_max: int = 16 * 1024 * 1024 * 1024
    request_head_bytes_max: int = 32 * 1024
    response_head_bytes_max: int = 64 * 1024
    framing_bytes_max: int = 16 * 1024
    unread_bytes_max: int = 256 * 1024
    query_parameters_max: int = 256
    violations_max: int = 50
    exchanges_in_flight_max: int = 2048
    exchanges_share_by_lane: tuple[float, ...] = (1.0, 0.95, 0.9, 0.8)
    connections_max: int = 8192
    connections_per_upstream_max: int = 128
    waiting_per_upstream_max: int = 1024
    token_bytes_max: int = 8 * 1024
    tokens_cached_max: int = 10_000
    proof_bytes_max: int = 4 * 1024
    replays_kept_max: int = 262_144
    introspected_cached_max: int = 10_000
    introspections_in_flight_max: int = 64
    introspection_bytes_max: int = 64 * 1024
    trim_places_max: int = 200_000
    keys_per_issuer_max: int = 32
    throttling_buckets_max: int = 100_000
    workers_max: int = 64
    idempotency_records_max: int = 65_536
    idempotency_bytes_max: int = 32 * 1024 * 1024
    redis_connections_max: int = 64
    usage_rows_max: int = 50_000
    drift_rows_max: int = 2_000
    batches_kept_max: int = 120
    operations_measured_max: int = 20_000
    access_log_bytes_max: int = 8 * 1024 * 1024
    contract_bytes_max: int = 64 * 1024 * 1024
    contracts_max: int = 5_000
    snapshot_bytes_max: int = 64 * 1024 * 1024
    state_bytes_max: int = 512 * 1024 * 1024
    regex_backtracks_max: int = 20_000


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the gateway waits for whom."""

    caller_idle_s: float = 60.0
    redis_s: float = 0.25
    redis_probe_s: float = 1.0
    concurrency_place_s: float = 300.0
    idempotency_claim_s: float = 60.0
    idempotency_record_s: float = 24 * 3600.0
    request_head_s: float = 10.0
    request_body_s: float = 30.0
    unread_body_s: float = 5.0
    upstream_connect_s: float = 2.0
    upstream_response_s: float = 15.0
    upstream_stream_idle_s: float = 60.0
    upstream_wait_s: float = 2.0
    upstream_idle_s: float = 4.0
    upstream_idle_unsafe_s: float = 1.0
    registry_s: float = 5.0
    poll_interval_s: float = 0.5
    flush_interval_s: float = 1.0
    key_refetch_s: float = 60.0
    introspection_s: float = 1.0
    shutdown_s: float = 5.0


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What an access token must be (RFC 9068, RFC 8725).

    `algorithms` is the allow-list for the issuer; the clock of the issuer may run ahead by `leeway_s`.
    """

    audience: str = "urn:pactolus:gateway"
    algorithms: tuple[str, ...] = ("RS256", "ES256", "EdDSA", "Ed25519")
    leeway_s: float = 5.0
    rsa_bits_min: int = 2048


@dataclass(frozen=True, slots=True)
class DpopRules:
    """What a DPoP proof must be (RFC 9449); without `origins`, by which callers know us, none is accepted.

    A proof counts for `age_s_max` after it was made. With `nonce`, it must hold one that we gave.
    """

    origins: tuple[str, ...] = ()
    nonce: bool = False
    age_s_max: float = 60.0
    leeway_s: float = 5.0


@dataclass(frozen=True, slots=True)
class CertificateRules:
    """Who may tell us a caller's certificate, and in which header line; others are not believed."""

    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    header: bytes = b"client-cert"


@dataclass(frozen=True, slots=True)
class Introspection:
    """Where opaque tokens are asked for (RFC 7662); an answer counts for `cache_s` at most."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    cache_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Partner:
    """One secret that a client signs its requests with."""

    key_id: str
    client_id: str
    secret: bytes = field(repr=False)
    scopes: frozenset[str] = frozenset()
    attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Authentication:
    """Credentials beside access tokens. `signature_age_s_max` holds for requests of partners."""

    pepper: bytes | None = field(default=None, repr=False)
    api_keys: tuple[ApiKey, ...] = ()
    dpop: DpopRules = DpopRules()
    certificates: CertificateRules = CertificateRules()
    introspection: Introspection | None = None
    partners: tuple[Partner, ...] = ()
    signature_age_s_max: float = 300.0


@dataclass(frozen=True, slots=True)
class RegistrySource:
    """Contracts, consumers and revocations come from the registry at `url` (its origin, no path)."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    api_path: str = "/registry/v1"
    token_path: str = "/oauth/token"  # noqa: S105


@dataclass(frozen=True, slots=True)
class FolderSource:
    """Contracts are the files below `contracts`; issuer, consumers and lifecycles stand in one YAML file."""

    contracts: Path
    settings: Path


@dataclass(frozen=True, slots=True)
class RedisFallback:
    """Who decides while Redis is away: `local` this machine by itself, `refuse` nobody."""

    limits: str = "local"
    idempotency: str = "refuse"


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """One gateway process.

    `upstreams` maps `name.v<major>` of a contract to the origin that serves it, e.g.
    `{"crm-quote.v2": "http://127.0.0.1:8721"}`. `access_log` is a file that lines are appended to, None for
    standard output. `registry_keys` are the keys that contracts of a registry must be signed with; without
    any, those that the registry has when it is first met. `state_folder` is where the last good plan of a
    registry is kept, for a start while that is away; None keeps none.
    `redis` is the address of a Redis where several machines share limits and keyed answers; it may hold a
    password. `workers` processes share the port. `anonymous_plan` holds per address for
    operations that ask for no token.
    """

    source: RegistrySource | FolderSource
    upstreams: Mapping[str, str]
    host: str = "127.0.0.1"
    port: int = 8710
    name: str = "gateway"
    workers: int = 1
    access_log: Path | None = None
    state_folder: Path | None = None
    limits: Limits = Limits()
    timeouts: Timeouts = Timeouts()
    token_rules: TokenRules = TokenRules()
    redis: str | None = field(default=None, repr=False)
    redis_fallback: RedisFallback = RedisFallback()
    registry_keys: tuple[PublicKey, ...] = ()
    validation: Validation = PREVENT
    authentication: Authentication = Authentication()
    operator_limits: OperatorLimits = field(default_factory=OperatorLimits)
    anonymous_plan: ThrottlingPlan = field(default_factory=lambda: ThrottlingPlan(5.0, 10))
