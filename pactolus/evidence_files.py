"""Files of waivers and of usage: YAML or JSON, checked against their published schemas, all problems told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, ValidationError

from compatibility.matched_names import operation_names
from compatibility.model import Seen, Usage, UsageRow, Waiver, Window
from pactolus.config import EVIDENCE_BYTES_MAX, USAGE_PAGES_MAX
from pactolus.errors import PactolusError, RegistryRefused
from pactolus.sources import NAME, RegistryAccess
from specs.config import LIMITS
from specs.errors import SpecError
from specs.json_text import json_positions, parse_json
from specs.model import Contract
from specs.pointers import MISSING
from specs.positions import Positions
from specs.problem import Problem
from specs.yaml_text import parse_yaml

if TYPE_CHECKING:
    from pactolus.registry_client import RegistryClient

FIXES = {
    "waivers": "write a list `waivers`, each with fingerprint, reason, owner and expires (YYYY-MM-DD), "
    "perhaps operations and consumers",
    "usage": "write a list `items`, each with consumer, operation and calls, perhaps owner, version, "
    "refused, lastSeen, source and seen",
}
QUOTES = "put it in quotes: YAML reads digits without quotes as a number"
OPERATIONS_SHOWN = 5
PAGE_ITEMS = 200
TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def waivers_from(path: Path) -> tuple[Waiver, ...]:
    """SpecError with every problem of the file; PactolusError when it cannot be read."""
    value, index = checked(path, "waivers")
    found: list[Waiver] = []
    problems: list[Problem] = []
    for number, item in enumerate(value["waivers"]):
        try:
            expires = date.fromisoformat(item["expires"])
        except ValueError:
            tokens = ["waivers", str(number), "expires"]
            problems.append(problem(path, f"{item['expires']} is no day of the calendar.", tokens, index))
            continue
        scope = (tuple(item.get(name, ())) for name in ("operations", "consumers"))
        found.append(Waiver(item["fingerprint"], item["reason"], item["owner"], expires, *scope))
    if problems:
        raise SpecError(problems)
    return tuple(found)


def usage_named(text: str, access: RegistryAccess) -> Usage:
    """Usage from a file, or from a registry for `registry:NAME`."""
    kind, _, name = text.partition(":")
    if kind == "registry" and NAME.fullmatch(name):
        with access.client() as client:
            return usage_of_registry(client, name)
    path = Path(text)
    if not path.is_file():
        raise PactolusError(f"there is no usage file {text}", "give a file, or registry:NAME")
    return usage_from(path)


def usage_from(path: Path) -> Usage:
    """As `waivers_from`."""
    value, index = checked(path, "usage")
    window = value.get("window") or {}
    problems = list(contradictions(path, value, index))
    if problems:
        raise SpecError(problems)
    return Usage(tuple(rows(value["items"])), Window(window.get("from"), window.get("to")))


def contradictions(path: Path, value: dict[str, Any], index: Positions) -> Iterator[Problem]:
    """What each member may say alone and not together, and times that are none."""
    for number, item in enumerate(value["items"]):
        if item.get("refused", 0) > item["calls"]:
            told = f"{item['refused']} calls were refused of {item['calls']}."
            yield problem(path, told, ["items", str(number), "refused"], index, "usage")
    for name, end in (value.get("window") or {}).items():
        if end is not None and not is_time(end):
            yield problem(path, f"{end!r:.100} is no time of RFC 3339.", ["window", name], index, "usage")


def is_time(text: str) -> bool:
    try:
        return TIME.fullmatch(text) is not None and datetime.fromisoformat(text) is not None
    except ValueError:
        return False


def called_nowhere(usage: Usage, before: Contract, after: Contract) -> str:
    """A sentence about rows whose operations no contract has; empty when there are none.

    Nobody is hit through such a row, which a typing error must not bring about unseen.
    """
    strange = sorted({row.operation for row in usage.rows} - operation_names(before, after))
    if not strange:
        return ""
    more = f" and {len(strange) - OPERATIONS_SHOWN} more" if len(strange) > OPERATIONS_SHOWN else ""
    named = ", ".join(strange[:OPERATIONS_SHOWN]) + more
    return f"the usage names operations that neither contract has: {named}; their calls count nowhere"


def usage_of_registry(client: RegistryClient, contract: str) -> Usage:
    """What the registry counted for a contract in the last 30 days, all pages."""
    items: list[dict[str, Any]] = []
    parameters = {"limit": str(PAGE_ITEMS)}
    for _ in range(USAGE_PAGES_MAX):
        try:
            page = client.call("GET", f"/registry/v1/contracts/{contract}/usage", params=parameters)
        except RegistryRefused as refusal:
            raise PactolusError(f"the usage of {contract}: {refusal.message}") from refusal
        items += page["items"]
        if not page.get("nextCursor"):
            return Usage(tuple(rows(items)))
        parameters["cursor"] = page["nextCursor"]
    raise PactolusError(
        f"the usage of {contract} has more than {USAGE_PAGES_MAX * PAGE_ITEMS} rows",
        "give a file of those that matter with --usage FILE",
    )


def rows(items: Iterable[dict[str, Any]]) -> Iterable[UsageRow]:
    """Traffic that counts: a call that was refused says nothing about what the consumer uses."""
    for item in items:
        calls = item["calls"] - item.get("refused", 0)
        source = item.get("source", "observed")
        if calls <= 0 and source == "observed":
            continue
        yield UsageRow(
            consumer=item["consumer"],
            owner=item.get("owner") or "unknown",
            version=item.get("version", ""),
            operation=item["operation"],
            calls=max(calls, 0),
            last_seen=item.get("lastSeen"),
            source=source,
            seen=tuple(
                Seen(one["where"], one["path"], one["calls"], one.get("value", MISSING))
                for one in item.get("seen", ())
            ),
        )


def checked(path: Path, kind: str) -> tuple[Any, Positions]:
    """The value of a file that is valid by the schema of its kind, with the places of what is in it."""
    with path.open("rb") as stream:
        raw = stream.read(EVIDENCE_BYTES_MAX + 1)
    if len(raw) > EVIDENCE_BYTES_MAX:
        raise PactolusError(f"{path} has more than {EVIDENCE_BYTES_MAX} bytes", "split it")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PactolusError(f"{path} is not UTF-8", "save it as UTF-8") from None
    value, index = parsed(text, path.as_posix())
    errors = sorted(validator(kind).iter_errors(value), key=lambda error: list(map(str, error.absolute_path)))
    problems = [fault(path, error, index, kind) for error in errors[: LIMITS.problems_max]]
    if problems:
        raise SpecError(problems)
    return value, index


def fault(path: Path, error: ValidationError, index: Positions, kind: str) -> Problem:
    tokens = [str(token) for token in error.absolute_path]
    if error.instance is None and not tokens:
        return problem(path, "The file is empty.", tokens, index, kind)
    if tokens[-1:] == ["fingerprint"] and not isinstance(error.instance, str):
        message = f"The fingerprint was read as the number {error.instance!r:.60}."
        return replace(problem(path, message, tokens, index, kind), fix=QUOTES)
    return problem(path, f"{error.message:.300}.", tokens, index, kind)


def parsed(text: str, name: str) -> tuple[Any, Positions]:
    """JSON when it begins as JSON does, else YAML."""
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return parse_json(text, name, LIMITS), json_positions(text)
        except SpecError:
            if name.endswith(".json"):
                raise
    return parse_yaml(text, name, LIMITS)


@cache
def validator(kind: str) -> Draft202012Validator:
    """Made once per process, an immutable value."""
    return Draft202012Validator(schema_of(kind))


def schema_of(kind: str) -> dict[str, Any]:
    """The published schema of `waivers` or `usage` files."""
    text = (files("pactolus") / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def problem(path: Path, message: str, tokens: list[str], index: Positions, kind: str = "waivers") -> Problem:
    pointer = "".join(f"/{token.replace('~', '~0').replace('/', '~1')}" for token in tokens)
    return Problem(f"{kind}.invalid", message, FIXES[kind], path.as_posix(), pointer, index.find(tokens))
