"""The audit over the API: what is in it, who may read it, and proofs that hold for a stranger."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from registry.audit.checkpoint import read_checkpoint
from registry.audit.export import seal_line, verify_export
from registry.audit.tree import is_consistent, leaf_hash, root_by_inclusion
from registry.model import KeyPurpose
from registry.serve import now
from registry.usecases.audit import add_key
from specs.attestation import AttestationError, attested
from specs.canonical import canonical_json
from specs.ed25519 import public_key
from tests.registry.harness import RegistryUnderTest, audited, contract


def keys(registry: RegistryUnderTest, purpose: str = "audit") -> list[Any]:
    answer = registry.call("GET", "/signing-keys")
    assert answer.status_code == 200
    return [public_key(text) for text in answer.json()[purpose]]


def raw(hashes: list[str]) -> list[bytes]:
    return [base64.b64decode(text) for text in hashes]


def exported(registry: RegistryUnderTest) -> list[bytes]:
    note = registry.call("GET", "/audit/checkpoint").text
    size = read_checkpoint(note).checkpoint.size
    lines = registry.call("GET", "/audit/export", params={"count": size}).content.splitlines(keepends=True)
    return [*lines, seal_line(note, keys(registry))]


def test_a_change_is_in_the_audit_with_who_how_why_and_what(anywhere: RegistryUnderTest) -> None:
    token = anywhere.team("erp-team")
    first = anywhere.publish(token, contract(), "orders").json()
    headers = {"Audit-Reason": "Ticket FIN-2041: Straße".encode(), "X-Correlation-ID": "request-9"}

    second = anywhere.publish(token, contract(version="1.0.1", title="T"), "orders", headers=headers).json()

    entry = audited(anywhere.store, "contract.published")[-1]
    assert entry["actor"].startswith("erp-team-")
    assert (entry["authentication"], entry["outcome"]) == ("access_token", "done")
    assert len(entry["credential"]) > 10
    assert entry["credential"] not in token
    assert (entry["reason"], entry["requestId"]) == ("Ticket FIN-2041: Straße", "request-9")
    assert (entry["before"], entry["after"]) == (first["bundleSha256"], second["bundleSha256"])


@pytest.mark.parametrize(
    "reason", [b"", b"x" * 501, b"two\tlines", b"\xff\xfe", "half \u2028 line".encode()], ids=repr
)
def test_a_reason_that_cannot_be_kept_is_refused(registry: RegistryUnderTest, reason: bytes) -> None:
    refused = registry.call("POST", "/teams", json={"name": "erp-team"}, headers={"Audit-Reason": reason})

    assert (refused.status_code, refused.json()["code"]) == (400, "request_invalid")
    assert audited(registry.store, "team.created") == []


def test_a_change_of_the_life_cycle_names_the_state_before_and_after(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    registry.publish(token, contract(), "orders")
    path = "/contracts/orders/versions/1.0.0"
    for state in ("deprecated", "published"):
        tag = registry.call("GET", path).headers["ETag"]
        done = registry.call(
            "PUT", f"{path}/lifecycle", token=token, json={"state": state}, headers={"If-Match": tag}
        )
        assert done.status_code == 200

    one, two = audited(registry.store, "contract.lifecycle_set")
    assert one["after"] == two["before"]
    assert one["before"] != one["after"]


def test_what_is_made_has_a_digest_after_and_none_before(registry: RegistryUnderTest) -> None:
    registry.team("erp-team")
    registry.consumer("portal", "erp-team")

    entries = audited(registry.store, "team.") + audited(registry.store, "consumer.")

    assert len({entry["after"] for entry in entries} - {None}) == len(entries) == 4
    assert {entry["before"] for entry in entries} == {None}


def test_a_denied_write_is_in_the_audit_and_a_denied_read_is_not(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    registry.call("POST", "/teams", token=None, json={"name": "x-team"})
    registry.call("POST", "/teams", token="forged", json={"name": "x-team"})
    registry.call("POST", "/teams", token=token, json={"name": "x-team"})
    registry.call("POST", "/teams", json={"name": "erp-team"})
    registry.call("GET", "/teams", token=None)
    registry.call("GET", "/audit", token=token)
    registry.call("POST", "/compatibility-checks", token=None, json={})
    registry.call("POST", "/teams", json={})

    entries = audited(registry.store, "access.denied")
    seen = [(entry["detail"]["status"], entry["detail"]["code"], entry["subject"]) for entry in entries]
    assert seen == [
        (401, "token_required", "/registry/v1/teams"),
        (401, "token_invalid", "/registry/v1/teams"),
        (403, "insufficient_scope", "/registry/v1/teams"),
        (409, "team_exists", "/registry/v1/teams"),
    ]
    assert [entry["actor"].split("-")[0] for entry in entries] == ["anonymous", "anonymous", "erp", "admin"]
    assert {entry["outcome"] for entry in entries} == {"denied"}


def test_a_flood_of_denials_is_counted_and_not_kept(registry: RegistryUnderTest) -> None:
    allowed = registry.config.limits.denials_per_minute_max
    for _ in range(allowed + 5):
        assert registry.call("POST", "/teams", token=None, json={"name": "x"}).status_code == 401
    assert len(audited(registry.store, "access.denied")) == allowed

    registry.clock.pass_time(minutes=1)
    registry.call("POST", "/teams", token=None, json={"name": "x"})

    assert audited(registry.store, "access.denied")[-1]["detail"]["notRecordedBefore"] == 5


def test_a_refused_publication_is_in_the_audit_once(registry: RegistryUnderTest) -> None:
    owner, stranger = registry.team("erp-team"), registry.team("crm-team")
    registry.publish(owner, contract(), "orders")

    registry.publish(stranger, contract(title="O"), "orders")
    registry.publish(stranger, contract(title="O"), "orders", params={"dryRun": "true"})

    (entry,) = audited(registry.store, "contract.publication_refused")
    assert (entry["outcome"], entry["detail"]["code"]) == ("denied", "not_owner")
    assert audited(registry.store, "access.denied") == []


def test_only_who_may_reads_the_audit(registry: RegistryUnderTest) -> None:
    team = registry.team("erp-team")
    auditor = registry.team("audit-team", ["registry:audit"])

    assert registry.call("GET", "/audit", token=team).status_code == 403
    assert registry.call("GET", "/audit", token=auditor).status_code == 200
    assert registry.call("GET", "/teams", token=auditor).status_code == 403


def test_the_audit_is_searched_and_paged(registry: RegistryUnderTest) -> None:
    for number in range(5):
        registry.call("POST", "/teams", json={"name": f"team-{number}"})
        registry.clock.pass_time(minutes=1)

    def found(**params: Any) -> list[str]:
        answer = registry.call("GET", "/audit", params={"action": "team.created", **params})
        assert answer.status_code == 200, answer.text
        return [item["entry"]["subject"] for item in answer.json()["items"]]

    assert found() == ["team-4", "team-3", "team-2", "team-1", "team-0"]
    assert found(subject="team-2") == ["team-2"]
    assert found(since="2026-11-02T08:02:00Z", until="2026-11-02T08:04:00Z") == ["team-3", "team-2"]
    assert found(actor="nobody") == found(outcome="denied") == []
    page = registry.call("GET", "/audit", params={"action": "team.created", "limit": 2}).json()
    assert found(cursor=page["nextCursor"], limit=2) == ["team-2", "team-1"]
    assert registry.call("GET", "/audit", params={"cursor": "WyJ4Il0"}).status_code == 400


def test_an_entry_is_proven_against_a_signed_checkpoint(anywhere: RegistryUnderTest) -> None:
    for number in range(6):
        anywhere.call("POST", "/teams", json={"name": f"team-{number}"})
    signed = read_checkpoint(anywhere.call("GET", "/audit/checkpoint").text)
    assert signed.signers(keys(anywhere)) == keys(anywhere)
    size, root = signed.checkpoint.size, signed.checkpoint.root

    for index in range(size):
        record = anywhere.call("GET", f"/audit/entries/{index}").json()
        proof = anywhere.call("GET", f"/audit/entries/{index}/proof", params={"size": size}).json()
        leaf = leaf_hash(canonical_json(record["entry"]))
        assert leaf.hex() == record["leafHash"] == proof["leafHash"]
        assert root_by_inclusion(leaf, index, size, raw(proof["hashes"])) == root

    anywhere.call("POST", "/teams", json={"name": "one-more"})
    newer = read_checkpoint(anywhere.call("GET", "/audit/checkpoint").text).checkpoint
    answer = anywhere.call("GET", "/audit/consistency", params={"older": size}).json()
    assert answer["newer"] == newer.size > size
    assert is_consistent(size, root, newer.size, newer.root, raw(answer["hashes"]))


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/audit/entries/999", 404, "audit_entry_not_found"),
        ("/audit/entries/0/proof?size=999", 404, "audit_size_not_found"),
        ("/audit/entries/1/proof?size=1", 422, "audit_size_invalid"),
        ("/audit/consistency?older=999", 422, "audit_size_invalid"),
        ("/audit/consistency?older=2&newer=1", 422, "audit_size_invalid"),
        ("/audit/entries/-1", 400, "request_invalid"),
        ("/audit/export?count=1001", 400, "request_invalid"),
    ],
)
def test_what_the_log_does_not_have_is_refused(
    registry: RegistryUnderTest, path: str, status: int, code: str
) -> None:
    registry.team("erp-team")

    answer = registry.call("GET", path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_export_verifies_with_the_keys_and_an_older_checkpoint(registry: RegistryUnderTest) -> None:
    registry.team("erp-team")
    older = read_checkpoint(registry.call("GET", "/audit/checkpoint").text)
    registry.team("crm-team")

    found = verify_export(iter(exported(registry)), keys(registry), [older])

    assert found.size > found.continued[0] == older.checkpoint.size


def test_an_added_key_signs_beside_the_one_before(registry: RegistryUnderTest) -> None:
    before = keys(registry)
    add_key(registry.store, now, KeyPurpose.AUDIT)
    older = keys(registry)
    newest = add_key(registry.store, now, KeyPurpose.AUDIT)

    signed = read_checkpoint(registry.call("GET", "/audit/checkpoint").text)

    assert keys(registry)[0] == newest
    assert len(keys(registry)) == 3
    assert len(signed.signers(keys(registry))) == 2
    assert newest in signed.signers(keys(registry))
    assert set(before) <= set(older)
    assert [entry["detail"]["purpose"] for entry in audited(registry.store, "registry.key_added")] == [
        "audit",
        "audit",
    ]


def test_a_published_version_is_signed_over_its_bundle(anywhere: RegistryUnderTest) -> None:
    token = anywhere.team("erp-team")

    made = anywhere.publish(token, contract(), "orders").json()

    trusted = keys(anywhere, "contracts")
    vouched = attested(made["attestation"], trusted)
    assert (vouched.contract, vouched.version, vouched.layer) == ("orders", "1.0.0", "system")
    assert vouched.bundle_sha256 == made["bundleSha256"]
    assert vouched.documents == ((made["document"]["uri"], made["document"]["sha256"]),)
    served = anywhere.call("GET", "/contracts/orders/versions/1.0.0").json()
    (loaded,) = anywhere.snapshot()["contracts"]
    assert served["attestation"] == loaded["attestation"] == made["attestation"]
    with pytest.raises(AttestationError, match="none of the trusted keys"):
        attested(made["attestation"], keys(anywhere, "audit"))


def test_a_dry_run_is_not_signed(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")

    tried = registry.publish(token, contract(), "orders", params={"dryRun": "true"}).json()

    assert tried["attestation"] is None


def test_the_statement_is_one_of_in_toto(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    made = registry.publish(token, contract(), "orders").json()

    statement = json.loads(base64.b64decode(made["attestation"]["payload"]))

    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["subject"] == [{"name": "orders@1.0.0", "digest": {"sha256": made["bundleSha256"]}}]
    assert statement["predicate"]["publishedBy"] == made["publishedBy"]
