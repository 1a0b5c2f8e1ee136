"""Keeps the plan current: polls the source, compiles what changed beside the traffic, swaps the plan whole.

Each contract stands for itself: one that cannot be fetched or compiled leaves its last good form in force
and is named in the plan's problems. When the source is away, everything stays as it is; when it is away at
the start, the plan that was kept on disk is taken.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.config import GatewayConfig
from gateway.errors import KeysError, PlanError, SourceError, TrustError
from gateway.exchange import Exchange
from gateway.keys import KeyRing
from gateway.limit_plans import LimitsInForce
from gateway.model import ContractRecord, KeptPlan, Snapshot
from gateway.plan.compile import compile_contract, source_of, with_record
from gateway.plan.model import ApiPlan, Plan
from gateway.ports import Clock, ContractSource, PlanKeeper
from gateway.trust import ContractTrust
from specs.attestation import Publication
from specs.errors import SpecError
from specs.load import load_contract

logger = logging.getLogger("pactolus.gateway")


class Reloader:
    """The last good form of every contract, and the way to the next plan."""

    def __init__(
        self,
        config: GatewayConfig,
        source: ContractSource,
        keeper: PlanKeeper | None,
        exchange: Exchange,
        clock: Clock,
        trust: ContractTrust | None = None,
    ) -> None:
        self._trust = trust
        self._config = config
        self._source = source
        self._keeper = keeper
        self._exchange = exchange
        self._clock = clock
        self._good: dict[str, ApiPlan] = {}
        self._bad: dict[str, tuple[str, str]] = {}
        self._unfinished: Snapshot | None = None
        self._keys: KeyRing | None = None
        self._in_force: Snapshot | None = None
        self._saved: tuple[Snapshot | None, Mapping[str, Any] | None] = (None, None)
        self.source_problem: str | None = None
        self.source_answered_at: float | None = None
        self.plan_taken_at: float | None = None
        self.plan_is_kept = False

    @property
    def has_keys(self) -> bool:
        """True when tokens can be verified."""
        return self._keys is not None and self._keys.verifier.has_keys

    async def restore(self) -> bool:
        """Takes the plan that was kept on disk, until the source tells the next; False without one.

        The contracts it holds count as the last good ones, so one that was published while this process was
        down and cannot be compiled does not replace them either.
        """
        kept = None if self._keeper is None else await asyncio.to_thread(self._keeper.load)
        if kept is None:
            return False
        try:
            plan, keys = await self._plan(kept.snapshot)
            if kept.keys is not None:
                keys.use_kept(kept.keys)
        except KeysError as error:
            self._note(f"the kept plan is not used: {error.code}: {error}")
            return False
        self._unfinished = None
        self._take(plan, keys, kept.taken_at)
        self.plan_is_kept = True
        return True

    async def poll(self) -> bool:
        """One look at the source; True when a new plan is in force."""
        taken = await self._look()
        await self._save()
        return taken

    async def _look(self) -> bool:
        try:
            snapshot = await self._source.poll() or self._unfinished
        except SourceError as error:
            self._note(f"{error.code}: {error}")
            return False
        self.source_answered_at = self._clock.now()
        if snapshot is None:
            self._note(None if self._keys is None else await self._keys.ensure_keys())
            return False
        try:
            plan, keys = await self._plan(snapshot)
        except KeysError as error:
            self._unfinished = snapshot
            self._note(f"{error.code}: {error}")
            return False
        problem = await keys.ensure_keys()
        self._take(plan, keys, self._clock.now())
        self.plan_is_kept = False
        records = tuple(api.record for api in plan.apis.values())
        self._in_force = replace(snapshot, contracts=records)
        self._note(problem)
        return True

    def _take(self, plan: Plan, keys: KeyRing, taken_at: float) -> None:
        self._keys = keys
        self._exchange.use(plan, keys)
        self.plan_taken_at = taken_at
        logger.info("plan %s in force: %d contracts", plan.revision[:12], len(plan.apis))

    async def _save(self) -> None:
        """Keeps what is in force when it is not what was kept last."""
        snapshot, taken_at = self._in_force, self.plan_taken_at
        if self._keeper is None or self._keys is None or snapshot is None or taken_at is None:
            return
        published = self._keys.published
        if self._saved[0] is not snapshot or self._saved[1] is not published:
            self._saved = (snapshot, published)
            await asyncio.to_thread(self._keeper.save, KeptPlan(snapshot, published, taken_at))

    async def _plan(self, snapshot: Snapshot) -> tuple[Plan, KeyRing]:
        problems = dict(snapshot.problems)
        apis: dict[str, ApiPlan] = {}
        fetched: dict[str, bytes] = {}
        self._unfinished = None
        for record in snapshot.contracts:
            if record.kind != "openapi":
                continue
            api = await self._api(record, fetched, problems, snapshot)
            if api is not None:
                apis[record.key] = api
        self._good = apis
        self._bad = {key: bad for key, bad in self._bad.items() if key in problems}
        limited = LimitsInForce(
            self._config.operator_limits,
            frozenset(
                operation.throttling_class
                for api in apis.values()
                for operation in (*api.operations, api.undeclared)
                if operation is not None
            ),
            everywhere=self._config.redis is not None,
        )
        plan = Plan(
            revision=snapshot.revision,
            apis={api.prefix: api for api in apis.values()},
            consumers={
                client: consumer
                for consumer in limited.of(snapshot.consumers)
                for client in consumer.client_ids
            },
            revoked=snapshot.revoked,
            anonymous_plan=limited.anonymous(self._config.anonymous_plan),
            problems=problems,
            api_keys={key.key_id: key for key in (*snapshot.api_keys, *self._config.authentication.api_keys)},
        )
        return plan, self._key_ring(snapshot)

    def _key_ring(self, snapshot: Snapshot) -> KeyRing:
        if self._keys is not None and self._keys.issuer == snapshot.issuer:
            return self._keys
        config = self._config
        return KeyRing(
            snapshot.issuer,
            self._source.keys,
            self._clock,
            config.token_rules,
            config.limits,
            config.timeouts,
        )

    async def _api(
        self, record: ContractRecord, fetched: dict[str, bytes], problems: dict[str, str], snapshot: Snapshot
    ) -> ApiPlan | None:
        good, source = self._good.get(record.key), source_of(record)
        if good is not None and good.source == source:
            return with_record(good, record)
        bad_source, problem = self._bad.get(record.key, ("", ""))
        if bad_source != source:
            try:
                return await self._compile(record, fetched)
            except SourceError as error:
                self._unfinished = snapshot
                problem = f"{error.code}: {error}"
            except (PlanError, SpecError, TrustError) as error:
                problem = f"{error.code}: {error}"
                self._bad[record.key] = (source, problem)
            logger.error("%s %s is not enforced: %s", record.key, record.version, problem)
        problems[f"{record.key} {record.version}"] = problem
        # The version that is enforced is the last good one; what is announced about the major is current.
        return None if good is None else with_record(good, replace(good.record, lifecycle=record.lifecycle))

    async def _compile(self, record: ContractRecord, fetched: dict[str, bytes]) -> ApiPlan:
        vouched = None if self._trust is None else await self._trust.vouched(record)
        for reference in record.documents:
            if reference.sha256 not in fetched:
                fetched[reference.sha256] = await self._document(reference.sha256)
        given = {reference.uri: fetched[reference.sha256] for reference in record.references}
        raw = fetched[record.document.sha256]
        return await asyncio.to_thread(self._compiled, record, raw, given, vouched)

    async def _document(self, sha256: str) -> bytes:
        """The bytes of a document, from disk when they were fetched before."""
        keeper = self._keeper
        if keeper is None:
            return await self._source.document(sha256)
        kept = await asyncio.to_thread(keeper.document, sha256)
        if kept is not None:
            return kept
        raw = await self._source.document(sha256)
        await asyncio.to_thread(keeper.save_document, sha256, raw)
        return raw

    def _compiled(
        self,
        record: ContractRecord,
        raw: bytes,
        references: dict[str, bytes],
        vouched: Publication | None,
    ) -> ApiPlan:
        contract = load_contract(record.document.uri, raw, references)
        if vouched is not None and vouched.bundle_sha256 != contract.bundle_sha256:
            raise TrustError("contract.altered", "its documents are not those that were signed")
        facets = self._config.validation.of(record.key)
        budget = self._config.operator_limits.upstreams.get(record.key, ())
        return compile_contract(contract, record, self._config.limits, facets, budget)

    def _note(self, problem: str | None) -> None:
        if problem is not None and problem != self.source_problem:
            logger.warning("source: %s", problem)
        self.source_problem = problem
