"""For a pull request: a comment with the verdict, a table of findings and foldable details with proofs.

It fits into a comment of GitHub (65,536 characters): what does not fit is left out and the comment says how
much. No text of a contract becomes a link, an image, a mention or a reference to another issue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from compatibility.model import Finding, Report
from compatibility.render._wording import (
    DIRECTIONS,
    LEVEL_TITLES,
    Affected,
    affected,
    counts,
    cut,
    findings_at,
    fine_and_refused,
    indented,
    name_of,
    reached,
    seen_text,
    segments,
    version_sentence,
    versions_of,
    visible,
    waived_findings,
    where,
    window_text,
)

MEDIA_TYPE = "text/markdown"
SUFFIX = ".md"
BYTES_MAX = 65_000
"""A little less than 65,536, and bytes instead of characters: systems count differently."""
OPENING_BYTES_MAX = 40_000
"""Of the verdict and the tables; the rest is for the details."""
REMAINDER_BYTES = 200
"""Kept for the sentence about what is left out."""
ROWS_MAX = 40
CONSUMERS_MAX = 20
OPERATIONS_MAX = 20
TEXT_CHARACTERS_MAX = 500
"""Of any one text; a longer one is cut."""
WITNESS_CHARACTERS_MAX = 2_000

SIGNS = {"breaking": "🔴", "unknown": "🟡", "compatible": "🟢", "info": "⚪", "waived": "⚪"}
ACTIVE = re.compile(r"([\\`*_\[\]<>|~&$#]|:(?=//)|(?<=\b[wW]{3})\.|^[-+=]|^\d+[.)](?=\s|$))")
"""What Markdown acts on within a line, and at the start of one."""
REFERENCE = re.compile(r"(#|@|\b[gG][hH]-)")
ADDRESS = re.compile(r"((?<!&)#|@|\b[gG][hH]-|:(?=//)|\b[wW]{3}(?=\.))")
"""What GitHub turns into mentions and references after Markdown is done: a zero-width space breaks it."""


def render(report: Report) -> str:
    """Lines of the opening and blocks of details are added while they fit; the others are counted."""
    first = [f"{line}\n" for line in opening(report)]
    taken = fitting(first, OPENING_BYTES_MAX)
    text = "".join(first[:taken])
    if taken < len(first):
        text += f"\n_{len(first) - taken} more lines of the overview do not fit into a comment._\n"
    blocks = list(details(report))
    taken = fitting(blocks, BYTES_MAX - len(text.encode("utf-8")) - REMAINDER_BYTES)
    text += "".join(blocks[:taken])
    if taken < len(blocks):
        text += (
            f"\n_{len(blocks) - taken} of {len(blocks)} findings in detail do not fit into a comment; "
            "the html and json formats hold all._\n"
        )
    return text


def fitting(texts: list[str], bytes_max: int) -> int:
    """How many of the texts, from the first one on, fit together."""
    for number, text in enumerate(texts):
        bytes_max -= len(text.encode("utf-8"))
        if bytes_max < 0:
            return number
    return len(texts)


def opening(report: Report) -> Iterator[str]:
    versions = versions_of(report, "→")
    name = plain(f"{name_of(report)} {versions}".strip())
    yield f"## {SIGNS[report.verdict]} {name}: {report.verdict}"
    yield ""
    said = f"{counts(report)}; {version_sentence(report)}."
    yield plain(said[0].upper() + said[1:])
    yield from consumer_table(report)
    yield from finding_table(report)
    for section in report.sections:
        yield from ("", f"**{plain(section.title)}**", "")
        yield from (f"- {inline(one)}" for one in section.lines[:ROWS_MAX])
        if len(section.lines) > ROWS_MAX:
            yield f"- and {len(section.lines) - ROWS_MAX} more"
    if report.not_judged:
        yield from ("", "**Not judged**", "")
        yield from (f"- {inline(one)}" for one in report.not_judged[:ROWS_MAX])
        if len(report.not_judged) > ROWS_MAX:
            yield f"- and {len(report.not_judged) - ROWS_MAX} more"
    yield ""


def consumer_table(report: Report) -> Iterator[str]:
    consumers = [one for one in affected(report) if one.status != "UNAFFECTED"]
    if not consumers:
        return
    window = window_text(report)
    yield from ("", "**Consumers this reaches**" + (f" (traffic from {plain(window)})" if window else ""), "")
    yield from ("| | consumer | owner | findings | traffic |", "|---|---|---|---|---|")
    yield from (consumer_row(one) for one in consumers[:CONSUMERS_MAX])
    if len(consumers) > CONSUMERS_MAX:
        yield f"| | and {len(consumers) - CONSUMERS_MAX} more | | | |"


def consumer_row(one: Affected) -> str:
    cells = (one.status, code(one.consumer), plain(one.owner), str(one.findings), plain(seen_text(one)))
    return f"| {' | '.join(cells)} |"


def finding_table(report: Report) -> Iterator[str]:
    findings = counting(report)
    if not findings:
        return
    yield from ("", "| | finding | rule | where |", "|---|---|---|---|")
    for finding in findings[:ROWS_MAX]:
        sign = SIGNS["waived" if finding.waived else finding.level]
        word = "waived" if finding.waived else LEVEL_TITLES[finding.level].lower()
        message = inline(finding.message)
        yield f"| {sign} {word} | {message} | {code(finding.rule)} | {code(where(finding))} |"
    if len(findings) > ROWS_MAX:
        yield f"| | and {len(findings) - ROWS_MAX} more | | |"


def counting(report: Report) -> list[Finding]:
    """All findings, the gravest first, those waived last."""
    levels = (finding for level in LEVEL_TITLES for finding in findings_at(report, level))
    return [*levels, *waived_findings(report)]


def details(report: Report) -> Iterator[str]:
    """One foldable block for each finding that somebody has to act on."""
    for finding in counting(report):
        if finding.level != "info" or finding.waived:
            yield "\n".join(block(finding)) + "\n"


def block(finding: Finding) -> Iterator[str]:
    title = html_text(finding.message)
    yield from ("", f"<details><summary>{title}</summary>", "")
    if finding.waived is not None:
        waiver = finding.waived
        until = f"{waiver.expires.isoformat()} by {plain(waiver.owner)}"
        yield f"**Waived** until {until}: {plain(waiver.reason)}"
        yield ""
    if finding.witness is not None:
        yield f"**Proof**, {DIRECTIONS[finding.direction]}:"
        yield ""
        yield fenced(indented(finding.witness.value, WITNESS_CHARACTERS_MAX))
        yield ""
        said = fine_and_refused(finding)
        yield inline(said[0].upper() + said[1:])
        yield ""
    yield f"**What to do**: {inline(finding.fix)}"
    yield ""
    for consumer in finding.consumers[:CONSUMERS_MAX]:
        named = f"{consumer.status} {code(consumer.consumer)} of {plain(consumer.owner)}"
        yield f"- {named}: {plain(seen_text(consumer))}; {plain(consumer.reason)}"
    if len(finding.consumers) > CONSUMERS_MAX:
        yield f"- and {len(finding.consumers) - CONSUMERS_MAX} more consumers"
    if finding.usage_note:
        yield f"- {inline(finding.usage_note)}"
    if len(finding.operations) > 1 or len(finding.reach) > 1:
        yield from (reach_line(said, names) for said, names in reached(finding))
    facts = (code(finding.rule), code(where(finding)), f"fingerprint {code(finding.fingerprint)}")
    yield f"- {', '.join(fact for fact in facts if fact)}"
    yield from ("", "</details>")


def reach_line(said: str, names: list[str]) -> str:
    shown = ", ".join(code(one) for one in names[:OPERATIONS_MAX])
    more = f" and {len(names) - OPERATIONS_MAX} more" if len(names) > OPERATIONS_MAX else ""
    return f"- reaches {shown}{more}" + (f" ({said})" if said else "")


def inline(message: str) -> str:
    """A message: what it has between backticks stays code, the rest is plain."""
    pieces = segments(cut(message, TEXT_CHARACTERS_MAX))
    return "".join(code(text) if is_code else plain(text) for is_code, text in pieces)


def code(text: str) -> str:
    """A code span; in a table also a pipe within one ends the cell (GFM 4.10), so it is escaped."""
    text = cut(visible(text), TEXT_CHARACTERS_MAX).replace("|", "\\|")
    if not text.strip():
        return ""
    fence = "`" * (longest_run(text) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def plain(text: str) -> str:
    """Text that Markdown and GitHub leave as it is."""
    escaped = ACTIVE.sub(lambda found: harmless(found[1]), cut(visible(text), TEXT_CHARACTERS_MAX))
    return REFERENCE.sub(r"\1&#8203;", escaped)


def harmless(character: str) -> str:
    """A backslash before punctuation (CommonMark 2.4); angle brackets and ampersands as entities."""
    entity = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}.get(character)
    return entity or f"{character[:-1]}\\{character[-1]}"


def html_text(message: str) -> str:
    """A message inside an HTML block, which Markdown leaves alone (CommonMark 4.6) and GitHub reads on."""
    said = []
    for is_code, part in segments(cut(message, TEXT_CHARACTERS_MAX)):
        text = escape(part)
        said.append(f"<code>{text}</code>" if is_code else ADDRESS.sub(r"\1&#8203;", text))
    return "".join(said)


def fenced(text: str) -> str:
    """A code block whose fence is longer than any in the text."""
    fence = "`" * max(3, longest_run(text) + 1)
    return f"{fence}json\n{text}\n{fence}"


def longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
