"""What is wrong with a contract: one problem, where it stands, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Severity = Literal["error", "warning", "info"]
"""Worst first; what is ``info`` never fails a check. Our own rules are errors or warnings."""


class Position(NamedTuple):
    """A place in the author's text; both count from 1, columns in characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """``pointer`` is a JSON pointer (RFC 6901) into the document ``uri``; ``fix`` says what to do."""

    code: str
    message: str
    fix: str
    uri: str
    pointer: str = ""
    position: Position | None = None
    severity: Severity = "error"

    def as_json(self) -> dict[str, Any]:
        """The shape the registry answers with: code, pointer, line, column, uri, detail, fix, severity."""
        return {
            "code": self.code,
            "severity": self.severity,
            "uri": self.uri,
            "pointer": self.pointer,
            "line": self.position.line if self.position else None,
            "column": self.position.column if self.position else None,
            "detail": self.message,
            "fix": self.fix,
        }

    def __str__(self) -> str:
        place = f"{self.uri}:{self.position.line}:{self.position.column}" if self.position else self.uri
        return f"{place}: {self.message} [{self.code}]"
