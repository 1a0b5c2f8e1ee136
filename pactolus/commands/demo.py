"""``pactolus demo``: the whole system on loopback, and a story that shows what it does."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pactolus.console import standard_output


@click.command(
    epilog="""\b
Examples:
  pactolus demo                 tell the story, then keep running
  pactolus demo --once          tell the story and stop; exit status 0 if it came out as told
  pactolus demo --port 9700     when port 8700 is taken
"""
)
@click.option("--once", is_flag=True, help="Stop after the story.")
@click.option(
    "--data-dir",
    default=".pactolus/demo",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Databases and logs; emptied at each start.",
)
@click.option(
    "--port",
    default=8700,
    show_default=True,
    type=click.IntRange(1024, 65000),
    help="The registry's port; the gateway is at +10, the services from +21.",
)
def demo(once: bool, data_dir: Path, port: int) -> None:
    """Start registry, gateway and services, publish every contract, and tell the story.

    Exit status 0: every step came out as told. 1: one did not. 2: it could not start. 130: it was stopped
    before the end.
    """
    from pactolus.demo.config import DemoConfig
    from pactolus.demo.run import run_demo

    sys.exit(run_demo(DemoConfig(data_dir.absolute(), port), standard_output(), once=once))
