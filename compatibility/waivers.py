"""Applies waivers to a report: leave to change something for a while, with a reason, an owner and an end.

A waived finding stays in the report with its waiver and does not count for the verdict. A waiver covers a
finding only as far as its scope goes: when it names operations or consumers, all that the finding hits must
be named, and where nobody was recorded it is not known who is hit. From the day after `expires` it covers
nothing, and that is a finding of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from compatibility.model import Finding, Report, Waiver
from compatibility.rules import waiver_expired, waiver_unused
from compatibility.verdicts import concluded

OWN = frozenset(("waiver-expired", "waiver-unused"))


def waive(report: Report, waivers: Iterable[Waiver], today: date) -> Report:
    """The report with every waiver that is in force on `today`; the others are named in it."""
    findings = [replace(one, waived=None) for one in report.findings if one.rule not in OWN]
    places = {name: index for index, one in enumerate(findings) for name in (one.fingerprint, *one.known_as)}
    in_order = sorted(set(waivers), key=lambda one: (one.fingerprint, one.expires, repr(one)), reverse=True)
    lapsed: list[tuple[Waiver, int]] = []
    notes: list[Finding] = []
    for waiver in in_order:
        index = places.get(waiver.fingerprint)
        if index is None:
            notes.append(waiver_unused.told(waiver, "no finding has this fingerprint"))
        elif waiver.expires < today:
            lapsed.append((waiver, index))
        elif outside := out_of_scope(waiver, findings[index]):
            notes.append(waiver_unused.told(waiver, outside))
        else:
            findings[index] = replace(findings[index], waived=findings[index].waived or waiver)
    for waiver, index in lapsed:
        if findings[index].waived is None:
            notes.append(waiver_expired.told(waiver, findings[index]))
        else:
            notes.append(waiver_unused.told(waiver, "it has expired, and a later waiver covers the finding"))
    return concluded(report, [*findings, *notes])


def out_of_scope(waiver: Waiver, finding: Finding) -> str:
    """Why a waiver does not cover all of a finding; empty when it does."""
    operations = sorted(set(finding.operations) - set(waiver.operations))
    if waiver.operations and operations:
        return f"the finding also reaches {', '.join(operations)}"
    if waiver.consumers and not finding.consumers:
        return "it is for certain consumers, and no usage says who they are"
    if waiver.consumers and finding.usage_note:
        return f"it is for certain consumers, and {finding.usage_note}"
    hit = {one.consumer for one in finding.consumers if one.status != "UNAFFECTED"}
    if waiver.consumers and hit - set(waiver.consumers):
        return f"the finding also hits {', '.join(sorted(hit - set(waiver.consumers)))}"
    return ""
