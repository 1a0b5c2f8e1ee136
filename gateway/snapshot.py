"""Reads what the registry (or a folder's settings) says is in force into `model.Snapshot`, and writes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gateway.config import Limits
from gateway.errors import PlanError, SourceError
from gateway.limit_plans import read_limits, write_limits
from gateway.model import Consumer, ContractRecord, DocumentRef, Issuer, Snapshot, ThrottlingPlan
from gateway.plan.compile import lifecycle_of

LAYERS = ("experience", "process", "system", "platform", "events")


def read_snapshot(value: Any, limits: Limits) -> Snapshot:
    """The snapshot in `value` (parsed JSON); `SourceError` "source.malformed" names what is missing."""
    try:
        contracts = tuple(read_contract_record(entry) for entry in value["contracts"])
        if len(contracts) > limits.contracts_max:
            raise SourceError("source.too_large", f"more than {limits.contracts_max} contracts")
        return Snapshot(
            revision=str(value["revision"]),
            issuer=read_issuer(value["issuer"]),
            contracts=contracts,
            consumers=tuple(read_consumer(entry) for entry in value["consumers"]),
            revoked=frozenset(str(entry["jti"]) for entry in value.get("revokedTokens") or ()),
        )
    except (KeyError, TypeError, ValueError, PlanError) as error:
        raise SourceError("source.malformed", f"the snapshot cannot be read: {error!r}") from error


def read_issuer(value: Mapping[str, Any]) -> Issuer:
    """Issuer with the address of its keys or the keys themselves."""
    uri = value.get("jwksUri")
    if uri is not None and not str(uri).startswith(("http://", "https://")):
        raise ValueError(f"jwksUri {uri!r} is no HTTP address")
    return Issuer(str(value["issuer"]), None if uri is None else str(uri), value.get("jwks"))


def read_consumer(value: Mapping[str, Any]) -> Consumer:
    """One consumer; its plan must allow something."""
    plan = value["plan"]
    rate, burst = float(plan["requestsPerSecond"]), int(plan["burst"])
    if not 0 < rate < 1e9 or not 1 <= burst < 1e9:
        raise ValueError(f"the plan of {value['name']} allows nothing")
    name = str(value["name"])
    if not name.isascii() or not name.isprintable():
        raise ValueError("a consumer's name is not printable ASCII")
    limits = read_limits(plan.get("limits") or {})
    clients = tuple(str(client) for client in value.get("clientIds") or ())
    bought = ThrottlingPlan(rate, burst, limits)
    return Consumer(name, str(value["owner"]), str(value["layer"]), bought, clients)


def read_contract_record(value: Mapping[str, Any]) -> ContractRecord:
    """One contract in force."""
    if value["layer"] not in LAYERS:
        raise ValueError(f"layer {value['layer']!r} of {value['name']} is not known")
    return ContractRecord(
        name=str(value["name"]),
        kind=str(value["kind"]),
        version=str(value["version"]),
        major=int(value["major"]),
        layer=str(value["layer"]),
        owner=str(value["owner"]),
        document=_reference(value["document"]),
        references=tuple(_reference(entry) for entry in value.get("references") or ()),
        lifecycle=lifecycle_of(value.get("lifecycle")),
        api_id=str(value.get("apiId") or ""),
        domain=str(value.get("domain") or ""),
        attestation=value.get("attestation"),
    )


def _reference(value: Mapping[str, Any]) -> DocumentRef:
    return DocumentRef(str(value["uri"]), str(value["sha256"]))


def write_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    """The JSON form that `read_snapshot` reads back as the same snapshot."""
    return {
        "revision": snapshot.revision,
        "issuer": {
            "issuer": snapshot.issuer.issuer,
            "jwksUri": snapshot.issuer.jwks_uri,
            "jwks": snapshot.issuer.jwks,
        },
        "contracts": [_write_contract(record) for record in snapshot.contracts],
        "consumers": [_write_consumer(consumer) for consumer in snapshot.consumers],
        "revokedTokens": [{"jti": token_id} for token_id in sorted(snapshot.revoked)],
    }


def _write_contract(record: ContractRecord) -> dict[str, Any]:
    lifecycle = record.lifecycle
    return {
        "name": record.name,
        "kind": record.kind,
        "version": record.version,
        "major": record.major,
        "layer": record.layer,
        "owner": record.owner,
        "apiId": record.api_id,
        "domain": record.domain,
        "attestation": record.attestation,
        "document": {"uri": record.document.uri, "sha256": record.document.sha256},
        "references": [{"uri": part.uri, "sha256": part.sha256} for part in record.references],
        "lifecycle": {
            "state": lifecycle.state,
            "deprecatedAt": _date_time(lifecycle.deprecated_at),
            "sunsetAt": _date_time(lifecycle.sunset_at),
            "successor": lifecycle.successor,
        },
    }


def _write_consumer(consumer: Consumer) -> dict[str, Any]:
    return {
        "name": consumer.name,
        "owner": consumer.owner,
        "layer": consumer.layer,
        "clientIds": list(consumer.client_ids),
        "plan": {
            "requestsPerSecond": consumer.plan.requests_per_second,
            "burst": consumer.plan.burst,
            "limits": write_limits(consumer.plan.limits),
        },
    }


def _date_time(instant: int | None) -> str | None:
    return None if instant is None else datetime.fromtimestamp(instant, UTC).isoformat()
