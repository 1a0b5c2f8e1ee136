"""A contract's history as text, Markdown or JSON: one row for each change."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pactolus.contract_history import Change, History

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADINGS = (
    "from",
    "to",
    "date",
    "version",
    "verdict",
    "breaking",
    "unknown",
    "noted",
    "declared",
    "required",
    "subject",
)
SUBJECT_CHARACTERS_MAX = 60


def render(history: History, format_name: str, style: Mapping[str, tuple[str, str]] | None = None) -> str:
    """`style` paints the verdicts of the text format, as in the text format of reports."""
    if format_name == "json":
        return as_json(history)
    return "".join(f"{line}\n" for line in LINES[format_name](history, style or {}))


def row(change: Change) -> tuple[str, ...]:
    """The cells of a change, in the order of `HEADINGS`; all text of a repository shown by its escapes."""
    from compatibility.render._wording import cut, visible

    report = change.report
    before, after = (visible(one.version) or "?" for one in (report.before, report.after))
    enough = "" if report.bump_sufficient else " (too small)"
    return (
        visible(change.before.label),
        visible(change.after.label),
        change.after.date,
        before if before == after else f"{before} -> {after}",
        report.verdict,
        *(str(report.count(level)) for level in ("breaking", "unknown", "info")),
        f"{report.bump_declared}{enough}",
        report.bump_required,
        cut(visible(change.after.subject), SUBJECT_CHARACTERS_MAX),
    )


def text_lines(history: History, style: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    from compatibility.render._wording import visible

    for name, group in groupby(history.changes, key=lambda one: one.contract):
        rows = [row(change) for change in group]
        shown = [at for at, head in enumerate(HEADINGS) if any(cells[at] for cells in rows)]
        widths = {at: max(len(HEADINGS[at]), *(len(cells[at]) for cells in rows)) for at in shown}
        yield visible(name)
        yield "  " + "  ".join(HEADINGS[at].ljust(widths[at]) for at in shown).rstrip()
        for cells in rows:
            start, end = style.get(cells[HEADINGS.index("verdict")], ("", ""))
            padded = [cells[at].ljust(widths[at]) for at in shown]
            verdict = shown.index(HEADINGS.index("verdict"))
            padded[verdict] = f"{start}{padded[verdict]}{end}"
            yield "  " + "  ".join(padded).rstrip()
        yield ""
    yield from remarks(history)


def markdown_lines(history: History, _: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    from compatibility.render.markdown import code, plain

    for name, group in groupby(history.changes, key=lambda one: one.contract):
        yield from (f"## History of {plain(name)}", "")
        yield f"| {' | '.join(HEADINGS)} |"
        yield "|---" * len(HEADINGS) + "|"
        for change in group:
            cells = row(change)
            yield f"| {' | '.join([code(cells[0]), code(cells[1]), *map(plain, cells[2:])])} |"
        yield ""
    yield from (f"{plain(line)}  " for line in remarks(history))


LINES = {"text": text_lines, "markdown": markdown_lines}


def remarks(history: History) -> Iterator[str]:
    """What was read and what was not."""
    from compatibility.render._wording import cut, visible

    kinds = [change.report.verdict for change in history.changes]
    said = ", ".join(
        f"{kinds.count(verdict)} {verdict}"
        for verdict in ("breaking", "unknown", "compatible")
        if verdict in kinds
    )
    counted = f"{history.versions} version{'' if history.versions == 1 else 's'}"
    yield f"{counted}, {len(kinds)} change{'' if len(kinds) == 1 else 's'}" + (f": {said}" if said else "")
    if history.left_out:
        yield f"{history.left_out} older versions were not looked at; --limit N looks at more"
    for one in history.skipped:
        yield f"skipped {visible(one.version.label)}: {cut(visible(one.reason), 300)}"


def as_json(history: History) -> str:
    from compatibility.render.json import json_text

    return json_text(
        {
            "changes": [change_json(change) for change in history.changes],
            "skipped": [
                {"contract": one.contract, "version": one.version.label, "reason": one.reason}
                for one in history.skipped
            ],
            "versions": history.versions,
            "leftOut": history.left_out,
        }
    )


def change_json(change: Change) -> dict[str, Any]:
    """The head of the report, without its findings; `pactolus check` gives those of one change."""
    report = change.report.as_json()
    kept = ("verdict", "before", "after", "bump", "summary", "notJudged", "digest")
    return {
        "contract": change.contract,
        "from": change.before.label,
        "to": change.after.label,
        "date": change.after.date or None,
        "subject": change.after.subject or None,
        **{name: report[name] for name in kept},
    }
