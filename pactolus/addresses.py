"""Whether an address can be listened on, asked before a server starts so that the answer is a clear one."""

from __future__ import annotations

import socket

from pactolus.errors import PactolusError


def is_free(host: str, port: int) -> bool:
    """Whether nothing listens there; an address that is not this machine's counts as taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def require_free(host: str, port: int) -> None:
    """Raises ``PactolusError`` naming the address when something listens on it."""
    if not is_free(host, port):
        raise PactolusError(
            f"cannot listen on {host}:{port}; something else does, or the address is not this machine's",
            "stop what runs there, or choose another with --port or --host",
        )
