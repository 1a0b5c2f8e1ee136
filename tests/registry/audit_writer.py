"""Appends to the audit log until it is killed; run as a program with the database's URL and its own name."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from registry.config import RegistryConfig
from registry.errors import Contention
from registry.model import AuditEntry, Team
from registry.serve import open_store


def main(database_url: str, name: str) -> None:
    """A team and its entry in each transaction; says when the first is in."""
    store = open_store(RegistryConfig(database_url))
    number = 0
    while True:
        now = datetime.now(UTC)
        try:
            with store.writing() as transaction:
                transaction.parties.add_team(Team(f"{name}-{number}", "A team", now))
                transaction.security.audit(
                    AuditEntry(now, name, "team.created", f"{name}-{number}", "request")
                )
        except Contention:
            continue
        if number == 0:
            print("written", flush=True)
        number += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
