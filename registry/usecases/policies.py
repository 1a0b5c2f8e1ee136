"""The compatibility policy of a contract: reading it, and setting it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

from registry.errors import Contention, PreconditionFailed
from registry.model import Actor, Compatibility, Contract, Verb
from registry.usecases.services import Services, known_contract, permitted


def get_policy(services: Services, contract_name: str) -> Contract:
    """The contract with its policy, or `NotFound`."""
    with services.store.reading() as transaction:
        return known_contract(transaction, contract_name)


def set_policy(
    services: Services,
    actor: Actor,
    contract_name: str,
    asked: Compatibility,
    expected: Callable[[str], bool],
) -> Contract:
    """Sets what publications are judged under from now on; the owner team's to do, or the administrator's.

    ``expected`` tells whether the caller saw the policy with this tag; `PreconditionFailed` when it did not.
    What was published stays as it is. A publication that is being judged meanwhile is refused.
    """
    with services.store.writing() as transaction:
        contract = known_contract(transaction, contract_name)
        behalf = permitted(actor, Verb.PUBLISH, contract)
        before = contract.compatibility
        if not expected(policy_tag(contract)):
            raise PreconditionFailed(
                "precondition_failed",
                f"The policy of {contract.name} is {before.value} now, which is not what If-Match names: "
                "read it again.",
            )
        if asked is before:
            return contract
        changed = replace(contract, compatibility=asked)
        if not transaction.catalog.update_contract(changed):
            raise Contention("write_conflict", f"{contract.name} was changed meanwhile.")
        transaction.security.audit(
            services.entry(
                actor,
                "contract.policy_set",
                contract.name,
                on_behalf_of=behalf,
                detail={"before": before.value, "after": asked.value},
                before=policy_tag(contract),
                after=policy_tag(changed),
            )
        )
    return changed


def policy_tag(contract: Contract) -> str:
    """Names a policy of a contract."""
    return hashlib.sha256(f"{contract.name} {contract.compatibility.value}".encode()).hexdigest()
