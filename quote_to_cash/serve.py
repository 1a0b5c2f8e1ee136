"""One service as a process: assembled from its configuration, served by uvicorn with keep-alive."""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from a2wsgi import WSGIMiddleware

from quote_to_cash.config import CONNECTIONS_MAX, KEEP_ALIVE_S, REQUESTS_WAITING_MAX, ServiceConfig
from quote_to_cash.errors import ConfigurationInvalid
from quote_to_cash.gateway_client import Gateway, open_client
from quote_to_cash.identifiers import identifier_source
from quote_to_cash.services import Service, Surroundings, crm_quote, erp_orders, master_data, quote_validation
from quote_to_cash.systems.master_data.seed import packed_master_data
from quote_to_cash.web.admission import Admission
from quote_to_cash.web.protocol import ProblemProtocol

SERVICE_NAMES = ("crm-quote", "erp-orders", "master-data", "quote-validation")


def run(config: ServiceConfig) -> None:
    """Serves until the process is told to stop (SIGINT, SIGTERM).

    ConfigurationInvalid or ServiceNotBound before anything listens; a port taken ends the process with
    uvicorn's message.
    """
    with ExitStack() as stack:
        service = build_service(config, stack)
        stack.callback(service.close)
        uvicorn.run(asgi(service, config.threads), **server_options(config))


def server_options(config: ServiceConfig) -> dict[str, Any]:
    """What uvicorn is told."""
    return {
        "host": config.host,
        "port": config.port,
        "log_level": config.log_level,
        "access_log": False,
        "http": ProblemProtocol,
        "timeout_keep_alive": KEEP_ALIVE_S,
        "limit_concurrency": CONNECTIONS_MAX,
        "server_header": False,
    }


def asgi(service: Service, threads: int, requests_max: int = REQUESTS_WAITING_MAX) -> Admission:
    """The service as an ASGI application: ``threads`` requests run at a time, others up to the limit wait."""

    def with_whole_body(environ: Any, start_response: Any) -> Any:
        # a2wsgi ends the body where the request ends, also when no Content-Length was sent.
        environ["wsgi.input_terminated"] = True
        return service.application(environ, start_response)

    return Admission(WSGIMiddleware(with_whole_body, workers=threads), requests_max)


def build_service(config: ServiceConfig, stack: ExitStack) -> Service:
    """The service a configuration names; its gateway connections are closed with the stack."""
    around = Surroundings(
        now=lambda: datetime.now(UTC),
        identify=identifier_source(lambda: datetime.now(UTC), secrets.token_bytes),
        body_bytes_max=config.body_bytes_max,
        threads=config.threads,
    )
    match config.name:
        case "crm-quote":
            return crm_quote(_database(config), _gateway(config, stack), around)
        case "erp-orders":
            return erp_orders(_database(config), around)
        case "master-data":
            return master_data(_database(config), packed_master_data(), around)
        case "quote-validation":
            return quote_validation(_gateway(config, stack), around)
    raise ConfigurationInvalid(f"There is no service {config.name!r}; choose of {', '.join(SERVICE_NAMES)}.")


def _database(config: ServiceConfig) -> Path:
    if config.database is None:
        raise ConfigurationInvalid(f"{config.name} needs a database file.")
    return config.database


def _gateway(config: ServiceConfig, stack: ExitStack) -> Gateway:
    if config.gateway is None:
        raise ConfigurationInvalid(f"{config.name} needs access to the gateway.")
    client = open_client(config.gateway, time.monotonic, time.sleep)
    stack.callback(client.close)
    return client
