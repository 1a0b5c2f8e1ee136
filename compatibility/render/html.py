"""For a change advisory board: one self-contained page with verdict, consumers, findings and their proofs.

It works offline and from a mail's attachment: no network, no fonts, no scripts but its own, and without
scripts too (then there is no filter). It follows the reader's light or dark setting, can be read by keyboard
and screen reader, prints with everything unfolded, and each finding has an address: `#f-FINGERPRINT`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compatibility.config import Level
from compatibility.model import Finding, Report
from compatibility.render import _finding_markup as markup
from compatibility.render._finding_markup import plural, rich, shown
from compatibility.render._manuals import full_text, rules_of
from compatibility.render._wording import (
    LEVEL_TITLES,
    LEVELS,
    VERDICT_SENTENCES,
    Affected,
    affected,
    findings_at,
    name_of,
    seen_text,
    version_sentence,
    versions_of,
    waived_findings,
    window_text,
)
from compatibility.render.page import framed

MEDIA_TYPE = "text/html"
SUFFIX = ".html"
FINDINGS_MAX = 2_000
OPEN_MAX = 25
"""Findings that stand open when the page is opened; with more of them the page is a list first."""
CONSUMERS_MAX = 200

MODES = {
    "declared": "writers send only members that the contract declares",
    "strict": "whatever a schema accepts may be sent",
}
PROMISES = {
    "wire": "bytes and routes",
    "json": "JSON values",
    "sdk": "names in generated code",
    "docs": "words for people",
}
TOOLBAR = """<form class="filter" hidden role="search" aria-label="Filter the findings">
<fieldset><legend>Levels to show</legend>{chips}</fieldset>
<label><span class="away">Direction</span><select name="direction">
<option value="">Both directions</option>
<option value="consumed">What consumers send</option>
<option value="produced">What consumers receive</option>
<option value="none">No payload</option>
</select></label>
<label class="away" for="text">Search in findings</label>
<input type="search" id="text" name="text" autocomplete="off"
 placeholder="Search: operation, member, consumer, rule …">
<output aria-live="polite"></output>
<button type="reset">Show all</button>
</form>
"""


def render(report: Report) -> str:
    title = f"{name_of(report)} {versions_of(report, '→')}".strip() + f": {report.verdict}"
    return framed(title, "".join(sections(report)))


def sections(report: Report) -> Iterator[str]:
    yield '<a class="skip" href="#findings">Skip to the findings</a>\n'
    yield from head(report)
    yield "<main>\n"
    yield from consumers(report)
    yield from findings(report)
    yield from added_sections(report)
    yield from not_judged(report)
    yield from manuals(report)
    yield "</main>\n"
    yield from foot(report)


def head(report: Report) -> Iterator[str]:
    versions = versions_of(report, "→")
    said = f' <span class="versions">{shown(versions)}</span>' if versions else ""
    yield '<header><div>\n<p class="overline">May this contract change?</p>\n'
    yield f"<h1>{shown(name_of(report))}{said}</h1>\n"
    sentence = version_sentence(report)
    yield f'<div class="verdict {report.verdict}" role="status"><strong>{report.verdict}</strong>'
    yield f"<p>{VERDICT_SENTENCES[report.verdict]} {shown(sentence[0].upper() + sentence[1:])}.</p></div>\n"
    yield from tiles(report)
    yield "</div></header>\n"


def tiles(report: Report) -> Iterator[str]:
    hit = [one for one in affected(report) if one.status != "UNAFFECTED"]
    operations = {name for one in deciding(report) for name in one.operations}
    numbers: list[tuple[str, str, int]] = [
        (level, LEVEL_TITLES[level].lower(), report.count(level)) for level in LEVELS
    ]
    if report.waived:
        numbers.append(("waived", "waived", report.waived))
    numbers.append(("", "operations hit", len(operations)))
    if any(one.consumers for one in report.findings):
        numbers.append(("", "consumers reached", len(hit)))
    yield '<dl class="tiles">\n'
    for name, label, number in numbers:
        kind = f"{name} zero".strip() if not number else name
        yield f'<div class="{kind}"><dt>{label}</dt><dd>{number}</dd></div>\n'
    yield "</dl>\n"


def consumers(report: Report) -> Iterator[str]:
    rows = affected(report)
    if not rows:
        return
    yield '<section aria-labelledby="consumers">\n<h2 id="consumers">Who is affected</h2>\n'
    yield '<div class="scroll"><table><thead><tr><th scope="col">What it means</th>'
    yield '<th scope="col">Consumer</th><th scope="col">Owner</th>'
    yield '<th scope="col" class="number">Findings</th><th scope="col">Traffic</th></tr></thead>\n<tbody>\n'
    yield from (consumer_row(one) for one in rows[:CONSUMERS_MAX])
    yield "</tbody></table></div>\n"
    if len(rows) > CONSUMERS_MAX:
        yield f'<p class="note">And {len(rows) - CONSUMERS_MAX} more consumers.</p>\n'
    window = window_text(report)
    counted = f"Traffic was counted from {shown(window)}. " if window else ""
    yield f'<p class="note">{counted}Who is not listed was not seen, which does not mean not affected.</p>\n'
    yield "</section>\n"


def consumer_row(one: Affected) -> str:
    return (
        f'<tr><td><span class="badge {one.status}">{one.status}</span></td>'
        f'<th scope="row">{shown(one.consumer)}</th><td>{shown(one.owner)}</td>'
        f'<td class="number">{one.findings}</td><td>{shown(seen_text(one))}</td></tr>\n'
    )


def findings(report: Report) -> Iterator[str]:
    ordered = [one for level in LEVELS for one in findings_at(report, level)] + waived_findings(report)
    yield '<section aria-labelledby="findings">\n<h2 id="findings">Findings</h2>\n'
    if not ordered:
        yield "<p>Nothing changed that anybody was promised.</p>\n</section>\n"
        return
    yield TOOLBAR.format(chips="".join(chips(ordered)))
    all_open = len(deciding(report)) <= OPEN_MAX
    yield '<ol class="findings">\n'
    names: dict[str, int] = {}
    for finding in ordered[:FINDINGS_MAX]:
        names[finding.fingerprint] = names.get(finding.fingerprint, 0) + 1
        again = names[finding.fingerprint]
        name = f"f-{finding.fingerprint}" + (f"-{again}" if again > 1 else "")
        is_open = all_open and finding.level != "info" and finding.waived is None
        yield markup.item(finding, name, is_open=is_open)
    yield '</ol>\n<p class="empty" hidden>No finding fits this filter.</p>\n'
    if len(ordered) > FINDINGS_MAX:
        left_out = len(ordered) - FINDINGS_MAX
        yield f'<p class="note">{left_out} more findings are not on this page; the json format has all.</p>\n'
    yield "</section>\n"


def deciding(report: Report) -> list[Finding]:
    """What somebody has to decide on."""
    return [one for one in report.findings if one.level != "info" and one.waived is None]


def chips(ordered: Iterable[Finding]) -> Iterator[str]:
    """One switch for each level there is, with how many findings it has."""
    numbers: dict[str, int] = {}
    for finding in ordered:
        kind = markup.kind_of(finding)
        numbers[kind] = numbers.get(kind, 0) + 1
    for kind, number in numbers.items():
        label = markup.kind_title(kind)
        box = f'<input type="checkbox" name="level" value="{kind}" checked>'
        yield f'<label class="chip {kind}">{box}{label} {number}</label>'


def added_sections(report: Report) -> Iterator[str]:
    """What whoever asked for the judgement adds to it."""
    for number, section in enumerate(report.sections, 1):
        yield f'<section aria-labelledby="added-{number}">\n'
        yield f'<h2 id="added-{number}">{shown(section.title)}</h2>\n<ul>\n'
        yield from (f"<li>{rich(one)}</li>\n" for one in section.lines[:FINDINGS_MAX])
        yield "</ul>\n"
        if len(section.lines) > FINDINGS_MAX:
            yield f'<p class="note">And {len(section.lines) - FINDINGS_MAX} more.</p>\n'
        yield "</section>\n"


def not_judged(report: Report) -> Iterator[str]:
    if not report.not_judged:
        return
    yield '<section aria-labelledby="not-judged">\n<h2 id="not-judged">Not judged</h2>\n'
    yield "<p>These parts were not compared, so the verdict is at best unknown.</p>\n<ul>\n"
    yield from (f"<li>{rich(one)}</li>\n" for one in report.not_judged[:FINDINGS_MAX])
    yield "</ul>\n</section>\n"


def manuals(report: Report) -> Iterator[str]:
    rules = rules_of(report)
    if not rules:
        return
    yield '<section aria-labelledby="rules">\n<h2 id="rules">The rules that found this</h2>\n'
    for rule in rules:
        paragraphs = "".join(f"<p>{rich(one)}</p>" for one in full_text(rule).split("\n\n"))
        yield f'<details class="manual" id="rule-{shown(rule)}"><summary><code>{shown(rule)}</code></summary>'
        yield f"{paragraphs}</details>\n"
    yield "</section>\n"


def foot(report: Report) -> Iterator[str]:
    levels: dict[Level, int] = {level: report.count(level) for level in LEVELS}
    facts = {
        "Judged as": f"{report.mode}: {MODES[report.mode]}",
        "Promises": f"up to {report.level}: {PROMISES[report.level]}",
        "Findings": plural(sum(levels.values()) + report.waived, "finding"),
        "Before": f"sha256 {report.before.sha256}",
        "After": f"sha256 {report.after.sha256}",
        "Judgement": f"sha256 {report.digest}, engine {report.engine_version}",
    }
    yield "<footer>\n<dl>\n"
    yield from (f"<dt>{name}</dt><dd>{shown(value)}</dd>\n" for name, value in facts.items())
    yield "</dl>\n<p>Compatible is said only when proved. A value is called refused only when a second "
    yield "validator confirms it. What could not be decided is unknown.</p>\n</footer>\n"
