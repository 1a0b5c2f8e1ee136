"""The operations of crm-quote version 2: quotes written, submitted and approved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quote_to_cash.errors import NotFound, QuoteInvalid, Violation
from quote_to_cash.exchange import Answer, Call, Clock, Handler, Transactions, Write, etag, require_match
from quote_to_cash.identifiers import Identify
from quote_to_cash.paging import page_as_json, page_limit, read_cursor
from quote_to_cash.systems.crm.model import (
    Approval,
    Quote,
    QuoteContent,
    approved,
    require_in_approval,
    revised,
    submitted,
    withdrawn,
)
from quote_to_cash.systems.crm.ports import QuoteFilter, QuoteUnit, QuoteValidation
from quote_to_cash.systems.crm.representation import (
    content_as_json,
    merged,
    quote_as_json,
    read_content,
)

LIST_FILTERS = ("status", "customerId")
VALIDATION_OWNER = "sales-operations"


class QuoteOperations:
    """The handlers, over a store of quotes, the quote validation, a clock and identifiers."""

    def __init__(
        self,
        store: Transactions[QuoteUnit],
        validation: QuoteValidation,
        now: Clock,
        identify: Identify,
    ) -> None:
        self._store = store
        self._validation = validation
        self._now = now
        self._identify = identify

    def handlers(self) -> Mapping[str, Handler[QuoteUnit]]:
        """One handler per operationId of crm-quote v2."""
        return {
            "listQuotes": self.list_quotes,
            "createQuote": self.create_quote,
            "getQuote": self.get_quote,
            "reviseQuote": self.revise_quote,
            "submitQuote": self.submit_quote,
            "withdrawQuote": self.withdraw_quote,
            "approveQuote": self.approve_quote,
        }

    def list_quotes(self, call: Call) -> Answer:
        """A page of quotes, newest first."""
        after = read_cursor(call.query, LIST_FILTERS)
        chosen = QuoteFilter(call.query.get("status"), call.query.get("customerId"))
        with self._store.read() as unit:
            quotes = unit.quotes(chosen, after, page_limit(call.query) + 1)
        page = page_as_json(quotes, call.query, LIST_FILTERS, lambda quote: quote.id, quote_as_json)
        return Answer(200, page)

    def get_quote(self, call: Call) -> Answer:
        """The quote with its version as ETag."""
        with self._store.read() as unit:
            return shown(existing(unit, call))

    def create_quote(self, call: Call) -> Write[QuoteUnit]:
        """A draft; starts the business transaction all later documents carry."""
        content = read_content(call.body, self._identify)

        def work(unit: QuoteUnit) -> Answer:
            return created(call, new_quote(unit, content, self._now, self._identify))

        return Write(work)

    def revise_quote(self, call: Call) -> Write[QuoteUnit]:
        """The draft with a merge patch applied, when If-Match names its version."""

        def work(unit: QuoteUnit) -> Answer:
            quote = existing(unit, call)
            require_match(call, quote.version)
            body = merged(content_as_json(quote.content), call.body)
            content = read_content(body, self._identify)
            return stored(unit, quote, revised(quote, content, self._now()))

        return Write(work)

    def submit_quote(self, call: Call) -> Write[QuoteUnit]:
        """DRAFT becomes IN_APPROVAL."""

        def work(unit: QuoteUnit) -> Answer:
            quote = existing(unit, call)
            return stored(unit, quote, submitted(quote, _decider(call), _comment(call), self._now()))

        return Write(work)

    def withdraw_quote(self, call: Call) -> Write[QuoteUnit]:
        """IN_APPROVAL becomes DRAFT again."""

        def work(unit: QuoteUnit) -> Answer:
            quote = existing(unit, call)
            return stored(unit, quote, withdrawn(quote, _decider(call), _comment(call), self._now()))

        return Write(work)

    def approve_quote(self, call: Call) -> Write[QuoteUnit]:
        """Validates outside of any transaction, then approves the version that was validated.

        QuoteInvalid with every violation when a rule is broken: nothing has changed then. A quote changed
        between validation and approval is a VersionConflict.
        """
        with self._store.read() as unit:
            validated = existing(unit, call)
        require_in_approval(validated)
        violations = tuple(self._validation.violations(validated.id, call.trace))
        if violations:
            raise _invalid(violations)

        def work(unit: QuoteUnit) -> Answer:
            quote = existing(unit, call)
            require_in_approval(quote)
            decision = Approval(
                _decider(call), self._now(), "APPROVED", rule="quote-validation", comment=_comment(call)
            )
            return stored(unit, validated, approved(quote, decision))

        return Write(work)


def new_quote(unit: QuoteUnit, content: QuoteContent, now: Clock, identify: Identify) -> Quote:
    """Stores a draft under the next number of its legal entity."""
    moment = now()
    quote = Quote(
        id=identify("quo"),
        number=unit.next_number(content.legal_entity_id),
        transaction_id=identify("txn"),
        content=content,
        created_at=moment,
        updated_at=moment,
    )
    unit.add(quote)
    return quote


def existing(unit: QuoteUnit, call: Call) -> Quote:
    """The quote the path names, or NotFound."""
    quote_id = call.path["quoteId"]
    quote = unit.quote(quote_id)
    if quote is None:
        raise NotFound(f"There is no quote {quote_id}.")
    return quote


def stored(unit: QuoteUnit, before: Quote, after: Quote) -> Answer:
    """The changed quote, written over the version it was made from."""
    unit.replace(after, before.version)
    return shown(after)


def shown(quote: Quote) -> Answer:
    """200 with the quote and its ETag."""
    return Answer(200, quote_as_json(quote), {"ETag": etag(quote.version)})


def created(call: Call, quote: Quote) -> Answer:
    """201 with Location and ETag."""
    headers = {"Location": f"{call.base_path}/quotes/{quote.id}", "ETag": etag(quote.version)}
    return Answer(201, quote_as_json(quote), headers)


def _invalid(violations: tuple[Violation, ...]) -> QuoteInvalid:
    rules = "1 rule" if len(violations) == 1 else f"{len(violations)} rules"
    return QuoteInvalid(
        f"The quote violates {rules} and stays in approval. Withdraw and mend it, or mend what it refers to, "
        "and approve again.",
        violations=violations,
        owner=VALIDATION_OWNER,
        playbook=violations[0].playbook,
    )


def _decider(call: Call) -> str:
    return call.client or "unidentified"


def _comment(call: Call) -> Any:
    return None if call.body is None else call.body.get("comment")
