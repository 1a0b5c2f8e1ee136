"""The quote validation asked through the gateway, under the CRM's own credentials, few at a time."""

from __future__ import annotations

from collections.abc import Sequence
from threading import BoundedSemaphore

from quote_to_cash.errors import Overloaded, UpstreamFailed, Violation
from quote_to_cash.exchange import Trace
from quote_to_cash.gateway_client import Gateway, GatewayCall
from quote_to_cash.systems.crm.ports import QuoteValidation

VALIDATIONS = "/process/quote-validation/v1/validations"


class GatewayQuoteValidation:
    """``QuoteValidation`` by POST /validations; a validation changes nothing, so it may be repeated."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def violations(self, quote_id: str, trace: Trace) -> Sequence[Violation]:
        """See ``QuoteValidation``."""
        call = GatewayCall("POST", VALIDATIONS, trace, body={"quoteId": quote_id}, safe=True)
        reply = self._gateway.send(call)
        if reply.status != 200:
            raise UpstreamFailed(f"The quote validation answered {reply.status} for {quote_id}.")
        try:
            found = tuple(
                Violation(
                    code=item["code"],
                    pointer=item["pointer"],
                    detail=item["detail"],
                    check=item["check"],
                    owner=item["owner"],
                    playbook=item["playbook"],
                )
                for item in reply.body["violations"]
            )
            if bool(found) == bool(reply.body["valid"]):
                raise ValueError("valid and violations contradict each other")
        except (KeyError, TypeError, ValueError) as error:
            raise UpstreamFailed(f"The quote validation gave no verdict ({error}).") from error
        return found


class BoundedQuoteValidation:
    """``QuoteValidation`` that asks another one at most ``at_once`` times at a time.

    The validation reads the quote back from the service that asks for it, so the threads that wait for a
    verdict must leave some to answer. Nobody waits for a turn: that would hold a thread as well.
    """

    def __init__(self, asked: QuoteValidation, at_once: int) -> None:
        self._asked = asked
        self._turns = BoundedSemaphore(at_once)

    def violations(self, quote_id: str, trace: Trace) -> Sequence[Violation]:
        """See ``QuoteValidation``; Overloaded when every turn is taken."""
        if not self._turns.acquire(blocking=False):
            raise Overloaded("As many quotes are being validated as can be at once; try again shortly.")
        try:
            return self._asked.violations(quote_id, trace)
        finally:
            self._turns.release()
