"""Where the demo runs and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

START_DEADLINE_S = 60.0
STOP_GRACE_S = 5.0
SERVED_WITHIN_S = 2.0
POLL_EVERY_S = 0.02
LOG_LINES_SHOWN = 12
MARKER = ".pactolus-demo"
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class DemoConfig:
    """``port`` is the registry's; the others follow at fixed distances, as ``ports`` tells."""

    folder: Path
    port: int = 8700

    @property
    def ports(self) -> dict[str, int]:
        """The port of each process by its name."""
        names = {
            "registry": 0,
            "gateway": 10,
            "crm-quote": 21,
            "erp-orders": 22,
            "master-data": 23,
            "quote-validation": 24,
        }
        return {name: self.port + distance for name, distance in names.items()}

    def url(self, name: str) -> str:
        """The address of a process."""
        return f"http://{HOST}:{self.ports[name]}"

    def database(self, name: str) -> str:
        """The SQLAlchemy URL of a process's own SQLite database."""
        return f"sqlite:///{self.folder / name}.sqlite"
