"""Compares two contracts: match, walk the surfaces, ask the rules, group by root cause, weigh the version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, get_args

from compatibility.asyncapi_matching import event_matches, event_surfaces, other_languages
from compatibility.bump import bump_declared
from compatibility.changes import ContractChange, Draft, Surface
from compatibility.config import PROMISE_LEVELS, Budget, Mode, Policy, Promise, ReportLimits
from compatibility.errors import CompatibilityError, IncomparableKindsError, UnknownDialectError
from compatibility.grouping import grouping
from compatibility.judging import Judge
from compatibility.model import ContractRef, Finding, Report, Usage, UsageRow, without
from compatibility.openapi_matching import matched
from compatibility.openapi_surfaces import parted_places, surfaces
from compatibility.places import place_of
from compatibility.rules import contract_rules, schema_rules, version_bump_too_small
from compatibility.schema_walk import PAIRS_MAX, SchemaWalk
from compatibility.text_forms import TextForm
from compatibility.unjudged import unjudged_parts, unread_dialects
from compatibility.verdicts import concluded
from specs.canonical import canonical_json
from specs.errors import SpecError
from specs.governance import governance_of
from specs.load import contract_from_value
from specs.model import Contract, Document, Kind

FINDINGS_MAX = ReportLimits().findings_max


def compare(
    before: Contract | Mapping[str, Any],
    after: Contract | Mapping[str, Any],
    *,
    mode: Mode = "declared",
    level: Promise = "json",
    usage: Usage | Iterable[UsageRow] = (),
    policy: Policy | None = None,
    budget: Budget | None = None,
) -> Report:
    """May the earlier contract become the later one? Contracts, or parsed JSON documents.

    `mode` `declared`: writers send only declared members; `strict`: pure inclusion. `level` is the promise
    that is judged: what holds beyond it is noted (`sdk`) or left out (`docs`). With `usage`, findings name
    their consumers. Documents are taken to be valid: `specs.validity` says whether they are.

    Errors: CompatibilityError for another mode or level, IncomparableKindsError, SchemaReadingError, and
    SpecError for a reference that leads nowhere.
    """
    for word, chosen, names in (("mode", mode, get_args(Mode)), ("level", level, PROMISE_LEVELS)):
        if chosen not in names:
            raise CompatibilityError(f"{word} {chosen!r} is not one of {', '.join(names)}")
    old, new = as_contract(before, "memory:before"), as_contract(after, "memory:after")
    if old.kind is not new.kind:
        raise IncomparableKindsError(f"{old.kind} cannot be compared with {new.kind}")
    policy = policy or Policy()
    if equal(old, new):
        return report(old, new, (), (), mode, level)
    judge = Judge(old, new, budget or Budget(), policy, declared=mode == "declared")
    change = ContractChange(old, new, judge, policy, level)
    match_up(change)
    walk = SchemaWalk(judge, schema_rules())
    findings = grouping(walk, level).findings(list(drafted(change, walk)))
    if walk.full:
        change.not_judged.append(f"what lies beyond {PAIRS_MAX} changed pairs of schemas")
    if len(findings) > FINDINGS_MAX:
        left_out = len(findings) - FINDINGS_MAX
        change.not_judged.append(f"{left_out} findings are left out: a report has {FINDINGS_MAX} at most")
        findings = findings[:FINDINGS_MAX]
    found = report(old, new, findings, tuple(sorted(set(change.not_judged))), mode, level)
    note = version_bump_too_small.told(found, policy)
    found = concluded(found, [*found.findings, note]) if note is not None else found
    known = usage if isinstance(usage, Usage) else Usage(tuple(usage))
    return found.with_usage(known) if known != Usage() else found


def drafted(change: ContractChange, walk: SchemaWalk) -> Iterator[Draft]:
    """What the rules say, before it is grouped."""
    walks: dict[TextForm | None, SchemaWalk] = {None: walk}
    for rule in contract_rules():
        yield from rule.check(change)
    for surface in change.surfaces:
        try:
            yield from surface_drafts(walks, surface)
        except UnknownDialectError as error:
            change.not_judged.append(f"{surface.operation}: {surface.where}: {error}")


def as_contract(given: Contract | Mapping[str, Any], uri: str) -> Contract:
    return given if isinstance(given, Contract) else contract_from_value(dict(given), uri)


def equal(before: Contract, after: Contract) -> bool:
    """Equal documents, whatever the entry document is called and whatever version it says it is."""
    one = {uri: document for uri, document in before.documents.items() if document is not before.document}
    two = {uri: document for uri, document in after.documents.items() if document is not after.document}
    if one.keys() != two.keys() or any(not equal_content(one[uri], two[uri]) for uri in one):
        return False
    if equal_content(before.document, after.document):
        return True
    values = unversioned(before.document.value), unversioned(after.document.value)
    # Python's `==` is quick and takes 1 for true; where it says yes, the exact form decides.
    return bool(values[0] == values[1]) and canonical_json(values[0]) == canonical_json(values[1])


def equal_content(before: Document, after: Document) -> bool:
    if before.raw and before.raw == after.raw:
        after.memo.setdefault(
            "canonical_sha256", before.canonical_sha256
        )  # costly, and the same by definition
        return True
    return bool(before.value == after.value) and before.canonical_sha256 == after.canonical_sha256


def unversioned(value: Any) -> Any:
    """A document without its version: `info.version`, or `x-pactolus.version` of a canonical schema."""
    for holder in ("info", "x-pactolus") if isinstance(value, dict) else ():
        said = value.get(holder)
        if isinstance(said, dict) and "version" in said:
            value = {**value, holder: without(said, ("version",))}
    return value


def match_up(change: ContractChange) -> None:
    """Fills in what is matched with what, and the surfaces that follow."""
    change.not_judged.extend(unread_dialects(change.before, change.after))
    if change.before.kind is Kind.OPENAPI:
        matches = matched(change.before, change.after)
        change.matches = matches
        change.surfaces = [surface for match in matches for surface in surfaces(match)]
        change.judge.forms.update(parted_places(change.surfaces))
        change.not_judged.extend(line for match in matches for line in unjudged_parts(match))
    elif change.before.kind is Kind.ASYNCAPI:
        events = event_matches(change.before, change.after)
        change.matches = events
        kept = change.policy.events_retained
        change.surfaces = [surface for match in events for surface in event_surfaces(match, retained=kept)]
        change.judge.forms.update(parted_places(change.surfaces))
        change.not_judged.extend(line for match in events for line in other_languages(match))
    else:
        roots = change.before.root, change.after.root
        change.surfaces = [
            Surface(title_of(change.before), "schema", flow, *roots) for flow in ("consumed", "produced")
        ]


def surface_drafts(walks: dict[TextForm | None, SchemaWalk], surface: Surface) -> Iterator[Draft]:
    """The root causes of one surface; what crosses as text is walked as text."""
    if surface.before is None or surface.after is None:
        return
    judge = walks[None].judge
    if judge.same(surface.before, surface.after, "promise"):
        return
    if surface.text not in walks and surface.text is not None:
        walks[surface.text] = walks[None].as_texts(surface.text)
    walk = walks[surface.text]
    judge = walk.judge
    numbers = (
        judge.number(surface.before, surface.flow, "before"),
        judge.number(surface.after, surface.flow, "after"),
    )
    if surface.flow == "consumed" and judge.between(surface.before, surface.after, "consumed").rank > 0:
        # When no former request is fine any more, every caller is hit.
        surface = replace(surface, every_request=judge.shares_nothing(*numbers))
    yield from walk.drafts(surface)


def report(
    before: Contract,
    after: Contract,
    findings: tuple[Finding, ...],
    not_judged: tuple[str, ...],
    mode: Mode,
    level: Promise,
) -> Report:
    nothing = not findings and equal(before, after)
    blank = Report(
        verdict="compatible",
        findings=(),
        bump_required="none" if nothing else "patch",
        bump_declared=bump_declared(before.version, after.version),
        bump_sufficient=True,
        before=reference(before),
        after=reference(after),
        not_judged=not_judged,
        mode=mode,
        level=level,
    )
    return concluded(blank, findings)


def title_of(contract: Contract) -> str:
    """What a schema is called: its title, or the name of its file."""
    uri = contract.document.uri
    return contract.title or ("the schema" if uri.startswith("memory:") else uri.rpartition("/")[2])


def reference(contract: Contract) -> ContractRef:
    try:
        name = governance_of(contract).name
    except SpecError:
        name = title_of(contract) if contract.kind is Kind.JSON_SCHEMA else contract.title
    return ContractRef(name, contract.version, contract.bundle_sha256)


__all__ = ["compare", "place_of"]
