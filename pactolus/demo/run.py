"""Runs the demo from an empty folder to the last word of the story."""

from __future__ import annotations

import shlex
import signal
import sqlite3
import sys
import time
from pathlib import Path
from types import FrameType

import httpx
from rich.console import Console
from rich.markup import escape

from pactolus.demo.changes import change_orders, deprecate
from pactolus.demo.config import DemoConfig
from pactolus.demo.folder import demo_folder
from pactolus.demo.narrator import Narrator
from pactolus.demo.opening import (
    add_reader,
    enrol,
    initialise_registry,
    keep_credentials,
    start_registry,
    start_the_rest,
    take_tokens,
)
from pactolus.demo.processes import Children, require_free_ports
from pactolus.demo.stage import CALL_TIMEOUT_S, Stage
from pactolus.demo.story import ORDERS, drift, publish_contracts, quote_to_order, refusals
from pactolus.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_REFUSED, DemoFailed
from pactolus.registry_client import RegistryClient

ADMIN_SCOPE = "registry:admin registry:read registry:publish"
WATCH_EVERY_S = 1.0
STOPPING = "\nstopping every process"


def run_demo(config: DemoConfig, console: Console, *, once: bool) -> int:
    """The exit status: 0 when every step came out as told. Keeps running afterwards unless ``once``."""
    require_free_ports(config.ports)
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell that starts us with `&` has SIGINT ignored
        signal.signal(number, _interrupt)
    narrator = Narrator(console)
    with (
        demo_folder(config.folder),
        Children(config.folder) as children,
        httpx.Client(base_url=config.url("gateway"), timeout=CALL_TIMEOUT_S) as http,
    ):
        try:
            order = _perform(config, children, narrator, http)
            narrator.ending()
        except LookupError:
            if not narrator.failed:
                raise
            narrator.note("the rest of the story needs what this step did not give", style="bold red")
            narrator.ending()
        except KeyboardInterrupt:
            console.print(STOPPING)
            return EXIT_INTERRUPTED
        else:
            if not once:
                _keep_running(config, children, console, order)
    return EXIT_REFUSED if narrator.failed else EXIT_OK


def _perform(config: DemoConfig, children: Children, narrator: Narrator, http: httpx.Client) -> str:
    """Tells the story; answers the path of an order that can be read afterwards."""
    narrator.console.print("starting registry, gateway and services as processes on loopback ...")
    admin = initialise_registry(config)
    start_registry(config, children)
    client = RegistryClient(config.url("registry"), admin["clientId"], admin["clientSecret"], ADMIN_SCOPE)
    stage = Stage(config, narrator, http, client)
    enrol(stage)
    start_the_rest(config, children, stage)
    keep_credentials(stage)
    add_reader(config)
    take_tokens(stage)
    publish_contracts(stage)
    quote_id, order_id = quote_to_order(stage)
    refusals(stage, order_id)
    drift(stage, lambda order, reference: _migrate(config, order, reference))
    deprecate(stage, quote_id)
    change_orders(stage, order_id)
    children.check()
    return f"{ORDERS}/{order_id}"


def _keep_running(config: DemoConfig, children: Children, console: Console, order: str) -> None:
    """Until Ctrl-C; the story has been told by then."""
    try:
        for line in closing_lines(config, order):
            console.print(escape(line), soft_wrap=True)  # a command must stay whole to be copied
        while True:
            children.check()
            time.sleep(WATCH_EVERY_S)
    except KeyboardInterrupt:
        console.print(STOPPING)


def closing_lines(config: DemoConfig, order: str) -> list[str]:
    """What to open and to call by hand; the commands are quoted as a shell wants them."""
    folder = _shown(config.folder)
    command = shlex.quote(str(_shown(Path(sys.executable).parent / "pactolus")))
    credentials = shlex.quote(str(folder / "credentials" / "finance-close.env"))
    return [
        "\nEverything keeps running; Ctrl-C stops it all. Open:",
        f"  {config.url('registry')}/            the portal: contracts, who calls them, what changes",
        f"  {config.url('registry')}/registry/v1/ui/   the registry's API, to read and try out",
        f"  {config.url('gateway')}/-/routes    what the gateway enforces",
        f"  {config.url('gateway')}/-/metrics   what it counted",
        f"Sign in to the portal with the name and password of {folder}/credentials/portal.txt; authorize",
        f"at the API with the client id and secret of {folder}/credentials/erp-team.env",
        "Call it yourself, from another terminal:",
        f"  . {credentials}",
        f'  curl -i -H "Authorization: Bearer $({command} token)" {config.url("gateway")}{order}',
        f"Databases and logs: {folder}",
    ]


def _shown(path: Path) -> Path:
    """A path as a person in the current folder would write it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _migrate(config: DemoConfig, order_id: str, reference: str) -> None:
    """What a careless migration does: a value written past the API that checks it."""
    with sqlite3.connect(config.folder / "erp-orders.sqlite") as database:
        statement = "UPDATE orders SET purchase_order_ref = ? WHERE id = ?"
        changed = database.execute(statement, (reference, order_id)).rowcount
    if changed != 1:
        raise DemoFailed(f"the ERP's database has no order {order_id}")


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
