"""What a registry signs when a version is published: an in-toto Statement in a DSSE envelope.

The statement's subject is the version with its bundle digest; its predicate holds what a gateway enforces by:
name, number, kind, layer, and each document's sha256. Sources: in-toto attestation framework, Statement v1;
DSSE 1.0.2 (secure-systems-lab/dsse), section "protocol".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from specs.canonical import canonical_json
from specs.ed25519 import PrivateKey, PublicKey, base64_bytes, base64_text

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://pactolus.dev/attestation/publication/v1"
SIGNATURES_MAX = 8
PAYLOAD_CHARS_MAX = 8 * 1024 * 1024


class AttestationError(ValueError):
    """The envelope does not vouch for what it should; the message says why."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What is vouched for; ``documents`` are pairs of URI and sha256, the entry first."""

    contract: str
    version: str
    kind: str
    layer: str
    bundle_sha256: str
    documents: tuple[tuple[str, str], ...]


def attest(publication: Publication, facts: Mapping[str, str], keys: Sequence[PrivateKey]) -> dict[str, Any]:
    """The envelope, signed with each key; ``facts`` (who, when) are stated and not compared later."""
    payload = canonical_json(statement_of(publication, facts))
    message = signed_bytes(PAYLOAD_TYPE, payload)
    signatures = [{"keyid": key.public.text, "sig": base64_text(key.sign(message))} for key in keys]
    return {"payloadType": PAYLOAD_TYPE, "payload": base64_text(payload), "signatures": signatures}


def statement_of(publication: Publication, facts: Mapping[str, str]) -> dict[str, Any]:
    """The in-toto Statement."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {
                "name": f"{publication.contract}@{publication.version}",
                "digest": {"sha256": publication.bundle_sha256},
            }
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            **facts,
            "contract": publication.contract,
            "version": publication.version,
            "kind": publication.kind,
            "layer": publication.layer,
            "documents": [{"uri": uri, "sha256": sha256} for uri, sha256 in publication.documents],
        },
    }


def signed_bytes(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what the signatures are over."""
    kind = payload_type.encode("utf-8")
    return b" ".join((b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload))


def attested(envelope: Any, keys: Sequence[PublicKey]) -> Publication:
    """What the envelope vouches for, once one of the keys signed it; `AttestationError` otherwise.

    The key is chosen among those given; ``keyid`` is not looked at (DSSE: it is a hint and not signed).
    """
    try:
        payload_type, encoded = envelope["payloadType"], envelope["payload"]
        given = [signature["sig"] for signature in envelope["signatures"]]
    except (KeyError, TypeError):
        raise AttestationError("there is no envelope") from None
    texts = [payload_type, encoded, *given]
    if not all(isinstance(text, str) for text in texts) or len(given) > SIGNATURES_MAX:
        raise AttestationError("the envelope is not one")
    if payload_type != PAYLOAD_TYPE or len(encoded) > PAYLOAD_CHARS_MAX:
        raise AttestationError("the envelope holds no statement")
    payload = base64_bytes(encoded)
    if payload is None:
        raise AttestationError("the payload is not base64")
    message = signed_bytes(payload_type, payload)
    signatures = [base64_bytes(text) for text in given]
    if not any(raw is not None and key.verifies(raw, message) for raw in signatures for key in keys):
        raise AttestationError("it is signed by none of the trusted keys")
    return publication_in(payload)


def publication_in(payload: bytes) -> Publication:
    """The statement's content; `AttestationError` when it states something else."""
    try:
        statement = json.loads(payload)
        if (statement["_type"], statement["predicateType"]) != (STATEMENT_TYPE, PREDICATE_TYPE):
            raise AttestationError("it states something else than a publication")
        (subject,) = statement["subject"]
        predicate = statement["predicate"]
        found = Publication(
            contract=str(predicate["contract"]),
            version=str(predicate["version"]),
            kind=str(predicate["kind"]),
            layer=str(predicate["layer"]),
            bundle_sha256=str(subject["digest"]["sha256"]),
            documents=tuple((str(part["uri"]), str(part["sha256"])) for part in predicate["documents"]),
        )
        if subject["name"] != f"{found.contract}@{found.version}":
            raise AttestationError("its subject and its predicate name different versions")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, AttestationError):
            raise
        raise AttestationError("its statement cannot be read") from None
    return found
