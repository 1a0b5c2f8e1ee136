"""Only what the registry signed is enforced; anything else leaves the last good contract in force."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.config import Limits, RegistrySource
from gateway.state_folder import StateFolder
from specs.attestation import PAYLOAD_TYPE, AttestationError, Publication, attest, attested, signed_bytes
from specs.ed25519 import PrivateKey, base64_text
from tests.gateway.registry_harness import FakeRegistry, until

ORDERS = "/system/orders/v1"
KEY = PrivateKey("contracts-1", bytes(range(32)))
OTHER = PrivateKey("contracts-2", bytes(range(1, 33)))
PUBLICATION = Publication("orders", "1.0.0", "openapi", "system", "a" * 64, (("orders.yaml", "b" * 64),))
ENVELOPE = attest(PUBLICATION, {"owner": "erp-team"}, [KEY])


@pytest.fixture
def started(registry: FakeRegistry, make_gateway: Callable[..., Any], upstream: Any) -> Callable[..., Any]:
    """Starts a gateway of this registry."""
    upstream.answers(200, b'{"items":[]}')

    def start(**fields: Any) -> Any:
        return make_gateway(upstream.url, source=RegistrySource(registry.url, "gateway", "secret"), **fields)

    return start


def publish(registry: FakeRegistry, version: str = "1.1.0") -> None:
    registry.raw["orders"] = registry.raw["orders"].replace(b"/health:", b"/wellness:")
    registry.versions["orders"] = version


def problem(gateway: Any) -> str:
    """The problem that the readiness page comes to tell."""
    until(lambda: gateway.client.get("/-/ready").json().get("problems"))
    (text,) = gateway.client.get("/-/ready").json()["problems"].values()
    return str(text)


def test_a_version_that_somebody_else_signed_does_not_replace_the_last_good_one(started, registry):
    gateway = started()
    assert gateway.client.get(f"{ORDERS}/health").status_code == 200
    registry.signs = (OTHER,)
    publish(registry)

    assert problem(gateway).startswith("contract.unsigned: its signature does not hold")
    assert gateway.client.get(f"{ORDERS}/health").status_code == 200
    assert gateway.client.get(f"{ORDERS}/wellness").status_code == 404

    registry.signs = (OTHER, KEY)
    until(lambda: gateway.client.get(f"{ORDERS}/wellness").status_code == 200)


@pytest.mark.parametrize(
    "forge",
    [
        lambda entry: entry.update(attestation=None),
        lambda entry: entry["attestation"].update(signatures=[]),
        lambda entry: entry.update(layer="experience"),
        lambda entry: entry.update(version="9.9.9"),
        lambda entry: entry["document"].update(uri="other.yaml"),
        lambda entry: entry.update(attestation=ENVELOPE),
    ],
    ids=["unsigned", "no signature", "layer", "version", "document", "another statement"],
)
def test_what_was_altered_on_the_way_is_not_enforced(started, registry, forge):
    gateway = started()
    honest = registry.snapshot

    def forged() -> dict[str, Any]:
        value: dict[str, Any] = orjson.loads(orjson.dumps(honest()))
        forge(value["contracts"][0])
        return {**value, "revision": value["revision"] + 1}

    registry.snapshot = forged  # type: ignore[method-assign]

    assert problem(gateway).startswith(("contract.unsigned", "contract.altered"))
    assert gateway.client.get(f"{ORDERS}/health").status_code == 200


def test_documents_that_are_not_those_of_the_signed_bundle_are_not_enforced(started, registry):
    gateway = started()
    honest = registry.attestation

    def of_other_documents(entry: dict[str, Any]) -> dict[str, Any]:
        vouched = attested(honest(entry), [KEY.public])
        return attest(replace(vouched, bundle_sha256="f" * 64), {}, [KEY])

    registry.attestation = of_other_documents  # type: ignore[method-assign]
    publish(registry)

    assert problem(gateway) == "contract.altered: its documents are not those that were signed"
    assert gateway.client.get(f"{ORDERS}/health").status_code == 200


def test_pinned_keys_count_whatever_the_registry_says(started, registry):
    gateway = started(registry_keys=(OTHER.public,))
    assert problem(gateway).startswith("contract.unsigned")

    registry.signs = (OTHER,)
    until(lambda: gateway.client.get(f"{ORDERS}/health").status_code == 200)
    assert ("/registry/v1/signing-keys", 200) not in registry.asked


def test_the_keys_met_first_are_kept_and_count_after_a_restart(started, registry, tmp_path):
    started(state_folder=tmp_path)
    until(lambda: StateFolder(tmp_path, registry.url, Limits()).signing_keys() == [KEY.public.text])
    registry.keys = registry.signs = (OTHER,)
    publish(registry)

    again = started(state_folder=tmp_path)

    assert problem(again).startswith("contract.unsigned")
    assert again.client.get(f"{ORDERS}/health").status_code == 200


def test_keys_kept_for_another_registry_or_damaged_are_not_used(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path, "http://one.test", Limits())
    assert folder.signing_keys() is None
    folder.save_signing_keys([KEY.public.text])

    assert folder.signing_keys() == [KEY.public.text]
    assert StateFolder(tmp_path, "http://two.test", Limits()).signing_keys() is None
    (tmp_path / "registry-keys.json").write_bytes(b"{")
    assert folder.signing_keys() is None


def test_an_envelope_vouches_for_what_was_signed_and_no_other() -> None:
    assert attested(ENVELOPE, [OTHER.public, KEY.public]) == PUBLICATION

    raw = base64.b64decode(ENVELOPE["payload"])
    changed = {**ENVELOPE, "payload": base64_text(raw.replace(b"1.0.0", b"1.0.1"))}
    signed_elsewhere = base64_text(KEY.sign(raw))
    for envelope in (
        None,
        {},
        "text",
        changed,
        {**ENVELOPE, "payloadType": "application/json"},
        {**ENVELOPE, "payload": ENVELOPE["payload"][:-1]},
        {**ENVELOPE, "signatures": [{"sig": 1}]},
        {**ENVELOPE, "signatures": ENVELOPE["signatures"] * 9},
        {**ENVELOPE, "signatures": [{"sig": signed_elsewhere}]},
    ):
        with pytest.raises(AttestationError):
            attested(envelope, [KEY.public])
    with pytest.raises(AttestationError, match="none of the trusted keys"):
        attested(ENVELOPE, [OTHER.public])


@pytest.mark.parametrize("payload", [b"{", b"[]", b"{}", b'{"_type":"x","predicateType":"y"}', b"[" * 9999])
def test_a_signed_payload_that_states_nothing_is_refused(payload: bytes) -> None:
    signature = {"sig": base64_text(KEY.sign(signed_bytes(PAYLOAD_TYPE, payload)))}
    envelope = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64_text(payload),
        "signatures": [signature],
    }

    with pytest.raises(AttestationError):
        attested(envelope, [KEY.public])


def test_the_encoding_that_is_signed_is_that_of_dsse() -> None:
    # The example of the DSSE specification (protocol.md).
    assert signed_bytes("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
