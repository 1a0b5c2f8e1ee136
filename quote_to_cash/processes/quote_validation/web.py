"""The operation of the quote-validation contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from quote_to_cash.errors import Violation
from quote_to_cash.exchange import Answer, Call, Clock, Handler
from quote_to_cash.processes.quote_validation.model import RuleGroup, judge
from quote_to_cash.processes.quote_validation.reading import FactSource

VIOLATIONS_MAX = 1000
DETAIL_CHARACTERS_MAX = 500


def quote_validation_handlers(
    source: FactSource, groups: Sequence[RuleGroup], now: Clock
) -> Mapping[str, Handler[Any]]:
    """One handler per operationId of quote-validation v1."""

    def validate_quote(call: Call) -> Answer:
        facts = source.facts(call.body["quoteId"], call.trace)
        checks = judge(facts, groups)
        violations = [violation for check in checks for violation in check.violations]
        checked_at = now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        answer = {
            "quoteId": facts.quote["id"],
            "quoteVersion": facts.quote["version"],
            "valid": not violations,
            "checks": [{"name": check.name, "passed": check.passed} for check in checks],
            "violations": [_as_json(violation) for violation in violations[:VIOLATIONS_MAX]],
            "checkedAt": checked_at,
        }
        return Answer(200, answer)

    return {"validateQuote": validate_quote}


def _as_json(violation: Violation) -> dict[str, str]:
    # A detail may list what an entity or service allows, and master data sets no bound to that.
    shown = violation.as_json()
    return {**shown, "detail": shown["detail"][:DETAIL_CHARACTERS_MAX]}
