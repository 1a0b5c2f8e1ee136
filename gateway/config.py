"""Every setting and every limit of the gateway: what an operator may turn, with the value it starts with.

Units stand last in each name. A limit that is reached is answered, never waited out: 413, 431, 429, 502, 503
or 504 as `errors.py` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.model import ThrottlingPlan
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
    connections_max: int = 8192
    connections_per_upstream_max: int = 128
    waiting_per_upstream_max: int = 1024
    token_bytes_max: int = 8 * 1024
    tokens_cached_max: int = 10_000
    keys_per_issuer_max: int = 32
    throttling_buckets_max: int = 100_000
    workers_max: int = 64
    idempotency_records_max: int = 65_536
    idempotency_bytes_max: int = 32 * 1024 * 1024
    usage_rows_max: int = 50_000
    coordinates_per_operation_max: int = 512
    shapes_per_row_max: int = 256
    usage_records_per_batch_max: int = 1_000
    usage_places_per_batch_max: int = 20_000
    usage_places_kept_max: int = 200_000
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
class GatewayConfig:
    """One gateway process.

    `upstreams` maps `name.v<major>` of a contract to the origin that serves it, e.g.
    `{"crm-quote.v2": "http://127.0.0.1:8721"}`. `access_log` is a file that lines are appended to, None for
    standard output. `registry_keys` are the keys that contracts of a registry must be signed with; without
    any, those that the registry has when it is first met. `state_folder` is where the last good plan of a
    registry is kept, for a start while that is away; None keeps none.
    `workers` processes share the port. `anonymous_plan` holds per address for
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
    registry_keys: tuple[PublicKey, ...] = ()
    validation: Validation = PREVENT
    anonymous_plan: ThrottlingPlan = field(default_factory=lambda: ThrottlingPlan(5.0, 10))
