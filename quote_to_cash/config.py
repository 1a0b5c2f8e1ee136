"""Every limit of the services by name, and what a service is started with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

BODY_BYTES_MAX: Final = 1_048_576
JSON_DEPTH_MAX: Final = 64
ERRORS_REPORTED_MAX: Final = 100
PAGE_ITEMS_DEFAULT: Final = 50
PAGE_ITEMS_MAX: Final = 200

IDEMPOTENCY_RECORD_TTL_S: Final = 24 * 3600
IDEMPOTENCY_KEY_CHARACTERS_MAX: Final = 255
IDEMPOTENCY_PURGE_ROWS_MAX: Final = 100

STORAGE_LOCK_WAIT_S: Final = 5.0
RETRY_AFTER_S: Final = 1
WORKER_THREADS_DEFAULT: Final = 8
KEEP_ALIVE_S: Final = 75
REQUESTS_WAITING_MAX: Final = 256
CONNECTIONS_MAX: Final = 1024

# A validation reads the quote back from the service that asked for it: some threads must stay free for that.
VALIDATING_SHARE_OF_THREADS: Final = 0.5

# All calls made for one request end by the deadline, or one silence (a read) later at the most. Together they
# stay below the 15 s the gateway waits for an answer, so a caller is told what failed and not merely cut off.
UPSTREAM_DEADLINE_S: Final = 9.0
UPSTREAM_READ_TIMEOUT_S: Final = 5.0
UPSTREAM_CONNECT_TIMEOUT_S: Final = 2.0
UPSTREAM_CONNECTIONS_MAX: Final = 32
UPSTREAM_ATTEMPTS_MAX: Final = 3
UPSTREAM_BACKOFF_S: Final = 0.1
UPSTREAM_BACKOFF_MAX_S: Final = 1.0
UPSTREAM_ANSWER_BYTES_MAX: Final = 4_194_304
TOKEN_REFRESH_BEFORE_EXPIRY_S: Final = 30.0
TOKEN_LIFETIME_DEFAULT_S: Final = 60.0
CORRELATION_ID_CHARACTERS_MAX: Final = 128


@dataclass(frozen=True, slots=True)
class GatewayAccess:
    """How a service reaches other systems: always through the gateway, as a client of its own.

    ``scopes`` are asked for with each token; none asks for everything granted to the client.
    """

    gateway_url: str
    token_url: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """One service process: its name (crm-quote, erp-orders, master-data, quote-validation), where it listens,
    where its database lies, and how it reaches the gateway if it calls others.
    """

    name: str
    host: str = "127.0.0.1"
    port: int = 0
    database: Path | None = None
    gateway: GatewayAccess | None = None
    threads: int = WORKER_THREADS_DEFAULT
    body_bytes_max: int = BODY_BYTES_MAX
    log_level: str = "warning"
