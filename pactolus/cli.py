"""The command line: ``pactolus COMMAND``; the commands are the modules of `pactolus.commands`."""

from __future__ import annotations

import os
import sys

import click
from rich.markup import escape

from pactolus.commands.artifact import artifact, vendor
from pactolus.commands.audit import audit
from pactolus.commands.check import check
from pactolus.commands.demo import demo
from pactolus.commands.gateway import gateway
from pactolus.commands.history import history
from pactolus.commands.lint import lint
from pactolus.commands.publish import publish
from pactolus.commands.registry import registry
from pactolus.commands.registry_access import grant
from pactolus.commands.service import service
from pactolus.commands.token import token
from pactolus.console import print_causes, standard_error
from pactolus.errors import EXIT_DEFECT, EXIT_INTERRUPTED, EXIT_PIPE_CLOSED, EXIT_UNUSABLE, PactolusError
from specs.errors import SpecError


class ReaderGone(Exception):
    """Nobody reads what a command writes any more, as after ``| head``: no verdict, and no error."""


class Commands(click.Group):
    """Tells a reader that has gone apart from a verdict; click would end with status 1 either way."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise ReaderGone from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="pactolus")
def pactolus() -> None:
    """Contract-first API gateway and schema registry.

    A contract is published once; it is then what consumers read, what the gateway enforces, what a
    change is judged against, and what the traffic is counted by.

    \b
    See it work:          pactolus demo
    Judge a change:       pactolus check before.yaml after.yaml
    Judge a past:         pactolus history git:api/orders.yaml
    Check one contract:   pactolus lint contract.yaml
    """


registry.add_command(grant)
for command in (
    check,
    history,
    lint,
    publish,
    token,
    registry,
    audit,
    artifact,
    vendor,
    gateway,
    service,
    demo,
):
    pactolus.add_command(command)


def main() -> None:
    """Runs a command; every failure is a clear message and an exit status, never a stack trace."""
    try:
        status = pactolus.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except click.Abort:
        status = EXIT_INTERRUPTED
    except SpecError as error:
        console = standard_error()
        print_causes(console, error.problems)
        status = EXIT_UNUSABLE
    except PactolusError as error:
        console = standard_error()
        console.print(f"[bold red]pactolus:[/] {escape(error.message)}")
        if error.fix:
            console.print(f"fix: {escape(error.fix)}")
        status = error.exit_status
    except ReaderGone:
        sys.stdout = None  # what is left in it has nowhere to go
        status = EXIT_PIPE_CLOSED
    except OSError as error:
        standard_error().print(f"[bold red]pactolus:[/] {escape(str(error))}")
        status = EXIT_UNUSABLE
    except Exception as error:
        status = _defect(error)
    sys.exit(status if isinstance(status, int) else 0)


def _defect(error: Exception) -> int:
    """A defect of ours: one line for the user, the trace for who asks."""
    if os.environ.get("PACTOLUS_DEBUG"):
        raise error
    text = escape(f"{type(error).__name__}: {error}")
    standard_error().print(f"[bold red]pactolus:[/] this should not happen: {text}")
    standard_error().print("fix: run it again with PACTOLUS_DEBUG=1 and report the trace")
    return EXIT_DEFECT
