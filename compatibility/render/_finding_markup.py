"""One finding as HTML: a foldable card with its proof, what to do, whom it hits and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from compatibility.model import ConsumerImpact, Finding, Place, Witness
from compatibility.render._wording import (
    DIRECTIONS,
    LEVEL_TITLES,
    indented,
    place_text,
    reached,
    seen_text,
    segments,
    visible,
)

OPERATIONS_SHOWN = 8
OPERATIONS_MAX = 120
CONSUMERS_MAX = 60
PLACES_MAX = 20
WITNESS_CHARACTERS_MAX = 8_000


def shown(text: str) -> str:
    """Text of a contract as markup that shows it and does nothing else."""
    return escape(visible(text), quote=True)


def rich(message: str) -> str:
    """A message whose words between backticks are code."""
    return "".join(
        f"<code>{escape(text)}</code>" if is_code else escape(text) for is_code, text in segments(message)
    )


def plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def kind_of(finding: Finding) -> str:
    """What the filter and the colors tell apart: the level, or that it is waived."""
    return "waived" if finding.waived is not None else finding.level


def kind_title(kind: str) -> str:
    return "Waived" if kind == "waived" else LEVEL_TITLES[kind]  # type: ignore[index]


def item(finding: Finding, name: str, *, is_open: bool) -> str:
    kind = kind_of(finding)
    opened = " open" if is_open else ""
    return (
        f'<li id="{shown(name)}" data-level="{kind}" data-direction="{finding.direction}">'
        f'<details class="finding {kind}"{opened}>\n'
        f'<summary><span class="badge">{kind_title(kind)}</span><h3>{rich(finding.message)}</h3>'
        f'<span class="facts">{facts(finding)}</span></summary>\n'
        f'<div class="body">\n{"".join(body(finding))}</div></details></li>\n'
    )


def facts(finding: Finding) -> str:
    said = [DIRECTIONS[finding.direction]] if finding.direction != "none" else []
    said.append(f"a promise of level {finding.promise}")
    if len(finding.operations) > 1:
        said.append(plural(len(finding.operations), "operation"))
    hit = sum(1 for one in finding.consumers if one.status != "UNAFFECTED")
    if hit:
        said.append(f"{plural(hit, 'consumer')} reached")
    return escape(" · ".join(said))


def body(finding: Finding) -> Iterator[str]:
    """What was found on the left, where it stands on the right, the consumers below both."""
    yield "<div>\n"
    if finding.waived is not None:
        waiver = finding.waived
        until = f"{waiver.expires.isoformat()} by {shown(waiver.owner)}"
        yield f"<section><h4>Waived</h4><p>Until {until}: {shown(waiver.reason)}</p></section>\n"
    if finding.witness is not None:
        yield proof(finding.witness)
    if finding.level != "info":
        yield f'<section class="todo"><h4>What to do</h4><p>{rich(finding.fix)}</p></section>\n'
    if len(finding.operations) > 1 or len(finding.reach) > 1:
        yield operations(finding)
    yield f'</div>\n<div class="facing">{places(finding)}</div>\n'
    if finding.consumers or finding.usage_note:
        yield consumers(finding)


def proof(witness: Witness) -> str:
    sides = {"before": "Before the change", "after": "After the change"}
    rows = []
    for side in ("before", "after"):
        fine = witness.accepted_by == side
        said = "<b>fine</b>" if fine else f"<b>refused</b>: {shown(witness.error)}"
        rows.append(f'<li class="{"fine" if fine else "refused"}">{sides[side]}: {said}</li>')
    value = escape(indented(witness.value, WITNESS_CHARACTERS_MAX))
    return (
        f'<section><h4>Proof</h4><div class="proof"><pre tabindex="0" aria-label="The value that proves it">'
        f"{value}</pre><ol>{''.join(rows)}</ol></div></section>\n"
    )


def consumers(finding: Finding) -> str:
    rows = "".join(consumer_row(one) for one in finding.consumers[:CONSUMERS_MAX])
    table = f'<div class="scroll"><table><tbody>{rows}</tbody></table></div>' if rows else ""
    notes = [finding.usage_note] if finding.usage_note else []
    if len(finding.consumers) > CONSUMERS_MAX:
        notes.append(f"And {len(finding.consumers) - CONSUMERS_MAX} more consumers.")
    said = "".join(f"<p>{shown(note)}</p>" for note in notes)
    return f'<div class="wide"><section><h4>Consumers</h4>{table}{said}</section></div>\n'


def consumer_row(one: ConsumerImpact) -> str:
    return (
        f'<tr><td><span class="badge {one.status}">{one.status}</span></td>'
        f'<th scope="row">{shown(one.consumer)}</th><td>{shown(one.owner)}</td>'
        f"<td>{shown(seen_text(one))}</td><td>{rich(one.reason)}</td></tr>\n"
    )


def operations(finding: Finding) -> str:
    """What it means for each operation that holds the changed place, in both directions."""
    groups = "".join(operation_group(said, names) for said, names in reached(finding))
    return f"<section><h4>Operations it reaches</h4>{groups}</section>\n"


def operation_group(said: str, names: list[str]) -> str:
    """The first few, and the others folded away: a shared schema reaches hundreds."""
    items = [f"<li><code>{escape(name)}</code></li>" for name in names[:OPERATIONS_MAX]]
    if len(names) > OPERATIONS_MAX:
        items.append(f"<li>and {len(names) - OPERATIONS_MAX} more</li>")
    caption = f'<p class="caption">{escape(said)}</p>' if said else ""
    markup = f'{caption}<ul class="operations">{"".join(items[:OPERATIONS_SHOWN])}</ul>'
    if len(items) > OPERATIONS_SHOWN:
        others = plural(len(names) - OPERATIONS_SHOWN, "other operation")
        folded = f'<ul class="operations">{"".join(items[OPERATIONS_SHOWN:])}</ul>'
        markup += f"<details><summary>{others}</summary>{folded}</details>"
    return markup


def places(finding: Finding) -> str:
    whole = finding.before is None and finding.after is None
    rows = [] if whole else [place_row("Before", finding.before), place_row("After", finding.after)]
    rows += [place_row("Also at", one) for one in finding.also_at[:PLACES_MAX]]
    rule = f'<a href="#rule-{shown(finding.rule)}"><code>{shown(finding.rule)}</code></a>'
    return (
        f'<section><h4>Where</h4><dl class="places">{"".join(rows)}<dt>Rule</dt><dd>{rule}</dd>'
        f"<dt>Fingerprint</dt><dd><code>{shown(finding.fingerprint)}</code></dd></dl></section>"
    )


def place_row(label: str, place: Place | None) -> str:
    if place is None:
        return f"<dt>{label}</dt><dd>not there</dd>"
    pointer = f" <code>{shown(place.pointer)}</code>" if place.pointer and place.line is not None else ""
    return f"<dt>{label}</dt><dd>{escape(place_text(place))}{pointer}</dd>"
