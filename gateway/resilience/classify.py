"""What an answer says about the system behind: fine, business, failure, or worth another try.

502, 503 and 504 are worth another try, other 5xx are failures, the rest is fine; 501 and 505 are what the
system was built to say. An operator's rules go first: a 400 that passes, a 500 that is business.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from gateway.errors import UpstreamError
from gateway.model import UpstreamResponse
from gateway.resilience.model import StatusRule, Verdict

_WORTH_A_TRY = frozenset({502, 503, 504})
_BY_DESIGN = frozenset({501, 505})
_ERRORS: dict[str, Verdict] = {"upstream_too_large": "failure", "upstream_busy": "fine"}
PROBLEM_BYTES_MAX = 64 * 1024
"""A body above this is not looked into for its `code`."""


def of_response(response: UpstreamResponse, rules: Sequence[StatusRule]) -> Verdict:
    """What the answer is taken for; of several rules the first that fits."""
    status = response.status
    if rules:
        for rule in rules:
            if rule.status == status and (rule.code is None or rule.code == problem_code(response)):
                return rule.verdict
    if status < 500:
        return "fine"
    if status in _WORTH_A_TRY:
        return "retryable"
    return "business" if status in _BY_DESIGN else "failure"


def of_error(error: UpstreamError) -> Verdict:
    """What no answer is taken for. Connections of ours that are all in use are no fault of the system's."""
    return _ERRORS.get(error.code, "retryable")


def problem_code(response: UpstreamResponse) -> str | None:
    """The member `code` of a JSON body, as problem details have it."""
    if response.stream is not None or not 0 < len(response.body) <= PROBLEM_BYTES_MAX:
        return None
    try:
        value = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return None
    code = value.get("code") if isinstance(value, dict) else None
    return code if isinstance(code, str) else None
