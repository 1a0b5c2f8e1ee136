"""The services assembled: each one's contracts, handlers and store, bound into one WSGI application."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quote_to_cash.config import BODY_BYTES_MAX, VALIDATING_SHARE_OF_THREADS, WORKER_THREADS_DEFAULT
from quote_to_cash.errors import ConfigurationInvalid
from quote_to_cash.exchange import Clock
from quote_to_cash.gateway_client import Gateway
from quote_to_cash.identifiers import Identify
from quote_to_cash.processes.quote_validation.reading import GatewayFacts
from quote_to_cash.processes.quote_validation.rules import rule_groups
from quote_to_cash.processes.quote_validation.web import quote_validation_handlers
from quote_to_cash.systems.crm.storage import open_crm
from quote_to_cash.systems.crm.v1 import QuoteOperationsV1
from quote_to_cash.systems.crm.validation import BoundedQuoteValidation, GatewayQuoteValidation
from quote_to_cash.systems.crm.web import QuoteOperations
from quote_to_cash.systems.erp.storage import open_erp
from quote_to_cash.systems.erp.web import ErpOperations
from quote_to_cash.systems.master_data.model import MasterData
from quote_to_cash.systems.master_data.storage import MasterDataStorage
from quote_to_cash.systems.master_data.web import master_data_handlers
from quote_to_cash.web.binding import Surface, bind
from specs.files import documents_root, read_contract
from specs.model import Contract


def packed_contract(name: str) -> Contract:
    """A contract of the product by layer, name and major, e.g. ``system/crm-quote.v2``."""
    root = documents_root()
    return read_contract(root / f"{name}.openapi.yaml", roots=(root,))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every service takes from outside itself; ``contract`` finds a contract by its name.

    ``threads`` is how many requests the service works on at a time, ``monotonic`` a clock in seconds.
    """

    now: Clock
    identify: Identify
    body_bytes_max: int = BODY_BYTES_MAX
    threads: int = WORKER_THREADS_DEFAULT
    monotonic: Callable[[], float] = time.monotonic
    contract: Callable[[str], Contract] = packed_contract


@dataclass(frozen=True, slots=True)
class Service:
    """A service ready to serve: its WSGI application, and what to call when it stops."""

    application: Any
    close: Callable[[], None]


def crm_quote(database: Path, gateway: Gateway, around: Surroundings) -> Service:
    """crm-quote, versions 1 and 2 of the contract over the same quotes.

    ConfigurationInvalid with a single thread: it would wait for a validation that waits for it.
    """
    validating_max = int(around.threads * VALIDATING_SHARE_OF_THREADS)
    if validating_max < 1:
        raise ConfigurationInvalid(
            "crm-quote needs at least 2 threads; its quotes are read while one is approved."
        )
    validation = BoundedQuoteValidation(GatewayQuoteValidation(gateway), validating_max)
    store = open_crm(database, around.now)
    v2 = QuoteOperations(store, validation, around.now, around.identify)
    v1 = QuoteOperationsV1(store, around.now, around.identify)
    surfaces = [
        Surface(around.contract("system/crm-quote.v2"), v2.handlers()),
        Surface(around.contract("system/crm-quote.v1"), v1.handlers()),
    ]
    application = bind("crm-quote", surfaces, around.identify, store, around.body_bytes_max, around.monotonic)
    return Service(application, store.close)


def erp_orders(database: Path, around: Surroundings) -> Service:
    """erp-orders: customers and orders."""
    store = open_erp(database, around.now)
    operations = ErpOperations(store, around.now, around.identify)
    surfaces = [Surface(around.contract("system/erp-orders.v1"), operations.handlers())]
    application = bind(
        "erp-orders", surfaces, around.identify, store, around.body_bytes_max, around.monotonic
    )
    return Service(application, store.close)


def master_data(database: Path, data: MasterData, around: Surroundings) -> Service:
    """master-data, filled with the data given."""
    store = MasterDataStorage(database, data)
    surfaces = [Surface(around.contract("system/master-data.v1"), master_data_handlers(store, around.now))]
    application = bind(
        "master-data", surfaces, around.identify, None, around.body_bytes_max, around.monotonic
    )
    return Service(application, store.close)


def quote_validation(gateway: Gateway, around: Surroundings) -> Service:
    """quote-validation; it has no database."""
    handlers = quote_validation_handlers(GatewayFacts(gateway), rule_groups(), around.now)
    surfaces = [Surface(around.contract("process/quote-validation.v1"), handlers)]
    application = bind(
        "quote-validation", surfaces, around.identify, None, around.body_bytes_max, around.monotonic
    )
    return Service(application, lambda: None)
