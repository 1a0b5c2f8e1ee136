"""A gateway whose registry is away: it says so, and starts again from the last good plan on its disk."""

from __future__ import annotations

import logging
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from gateway.config import Limits, RegistrySource
from gateway.model import (
    Consumer,
    ContractRecord,
    DocumentRef,
    Issuer,
    KeptPlan,
    Lifecycle,
    Snapshot,
    ThrottlingPlan,
)
from gateway.snapshot import read_snapshot, write_snapshot
from gateway.state_folder import StateFolder
from tests.gateway.registry_harness import FakeRegistry, until
from tests.ports import free_port

ORDERS = "/system/orders/v1"
ORIGIN = "http://registry.test"
AWAY = {"/registry/v1/snapshot", "/oauth/token", "/oauth/jwks", "/registry/v1/usage"}
RECORD = ContractRecord(
    name="orders", kind="openapi", version="1.2.0", major=1, layer="system", owner="erp-team",
    document=DocumentRef("system/orders.yaml", "a" * 64), references=(DocumentRef("money.yaml", "b" * 64),),
    lifecycle=Lifecycle("deprecated", 1767225600, 1798761600, "2.0.0"), api_id="x", domain="finance",
)  # fmt: skip
SNAPSHOT = Snapshot(
    revision="7",
    issuer=Issuer("https://issuer.test", "https://issuer.test/jwks"),
    contracts=(RECORD, replace(RECORD, name="bare", references=(), lifecycle=Lifecycle())),
    consumers=(Consumer("portal", "sales", "experience", ThrottlingPlan(0.5, 3), ("a", "b")),),
    revoked=frozenset({"token-1", "token-2"}),
)
KEPT = KeptPlan(SNAPSHOT, {"keys": []}, 1767225600.5)


@pytest.fixture
def own(registry: FakeRegistry, make_gateway: Callable[..., Any], upstream: Any) -> Any:
    upstream.answers(200, b'{"items":[]}')
    return make_gateway(upstream.url, source=RegistrySource(registry.url, "gateway", "secret"))


def test_the_readiness_page_tells_that_the_registry_is_away_and_how_old_the_plan_is(own, registry):
    ready = own.client.get("/-/ready")
    assert ready.json()["sourceReachable"] is True
    assert "sourceProblem" not in ready.json()
    assert ready.json()["planFrom"] == "source"
    assert 0 <= ready.json()["planAgeSeconds"] < 60
    registry.failing = AWAY
    until(lambda: own.client.get("/-/ready").json()["sourceReachable"] is False)
    away = own.client.get("/-/ready")
    assert (away.status_code, away.json()["status"]) == (200, "ready")
    assert away.json()["sourceProblem"].startswith("source.")
    assert away.json()["planTakenAt"] == ready.json()["planTakenAt"]
    assert away.json()["sourceAnsweredAt"] >= ready.json()["sourceAnsweredAt"]
    registry.failing = set()
    until(lambda: own.client.get("/-/ready").json()["sourceReachable"] is True)


class Process:
    """A `pactolus gateway serve` of its own."""

    def __init__(self, registry: FakeRegistry, upstream: Any, folder: Path) -> None:
        self.log = folder / "log"
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{free_port()}", timeout=10, trust_env=False)
        command = [
            sys.executable, "-m", "pactolus", "gateway", "serve", "--registry", registry.url,
            "--client-id", "gateway", "--upstream", f"orders.v1={upstream.url}",
            "--port", str(self.client.base_url.port), "--state-dir", str(folder / "state"),
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env={**os.environ, "PACTOLUS_CLIENT_SECRET": "secret"},
            )
        until(self.answers, 20)

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.client.get("/-/health").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.client.close()


@pytest.fixture
def start(registry: FakeRegistry, upstream: Any, tmp_path: Path) -> Iterator[Callable[[], Process]]:
    upstream.answers(200, b'{"items":[]}')
    begun: list[Process] = []

    def begin() -> Process:
        begun.append(Process(registry, upstream, tmp_path))
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()


def test_a_gateway_killed_and_started_while_the_registry_is_away_goes_on(
    start, registry, read, tokens, tmp_path
):
    registry.lifecycle = {"state": "deprecated", "deprecatedAt": "2026-01-01T00:00:00Z"}
    first = start()
    until((tmp_path / "state" / "plan.json").exists)
    before = first.client.get("/-/ready").json()
    first.kill()
    registry.failing = AWAY

    second = start()
    response = second.client.get(f"{ORDERS}/orders", headers=read)
    assert (response.status_code, response.headers["deprecation"]) == (200, "@1767225600")
    assert second.client.get(f"{ORDERS}/orders").status_code == 401
    revoked = {"authorization": "Bearer " + tokens.sign(jti="revoked-token")}
    assert second.client.get(f"{ORDERS}/orders", headers=revoked).status_code == 401
    ready = second.client.get("/-/ready")
    assert ready.status_code == 200
    assert (ready.json()["sourceReachable"], ready.json()["planFrom"]) == (False, "disk")
    assert (ready.json()["revision"], ready.json()["planTakenAt"]) == (
        before["revision"], before["planTakenAt"],
    )  # fmt: skip

    registry.failing = set()
    until(lambda: second.client.get("/-/ready").json()["planFrom"] == "source")
    assert second.client.get("/-/ready").json()["sourceReachable"] is True
    assert sum(path.startswith("/registry/v1/documents") for path, _ in registry.asked) == 1


def test_a_contract_broken_while_the_gateway_was_down_does_not_replace_the_last_good_one(
    start, registry, read, tmp_path
):
    first = start()
    until((tmp_path / "state" / "plan.json").exists)
    first.kill()
    registry.raw["orders"] = b"openapi: ["
    registry.versions["orders"] = "1.1.0"

    second = start()
    assert second.client.get(f"{ORDERS}/orders", headers=read).status_code == 200
    assert list(second.client.get("/-/ready").json()["problems"]) == ["orders.v1 1.1.0"]


@pytest.mark.parametrize("damage", ["plan.json", "documents"])
def test_a_damaged_file_is_named_and_passed_over(start, registry, read, tmp_path, damage):
    first = start()
    plan = tmp_path / "state" / "plan.json"
    until(plan.exists)
    first.kill()
    (document,) = (tmp_path / "state" / "documents").iterdir()
    damaged = plan if damage == "plan.json" else document
    damaged.write_bytes(damaged.read_bytes()[:-20])
    registry.failing = AWAY

    second = start()
    assert second.client.get(f"{ORDERS}/orders", headers=read).status_code in (404, 503)
    assert f"{damaged} is not used: " in (tmp_path / "log").read_text()
    registry.failing = set()
    until(lambda: second.client.get(f"{ORDERS}/orders", headers=read).status_code == 200)
    until(lambda: StateFolder(tmp_path / "state", registry.url, Limits()).load())
    assert document.read_bytes() == registry.raw["orders"]


def test_only_the_owner_may_read_what_is_kept_and_no_credential_is(start, registry, tmp_path):
    start()
    state = tmp_path / "state"
    until((state / "plan.json").exists)
    kept = [state, *state.rglob("*")]
    assert len(kept) == 6
    for path in kept:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        assert path.is_dir() or b"secret" not in path.read_bytes()


def test_a_snapshot_is_read_back_as_it_was_written():
    assert read_snapshot(orjson.loads(orjson.dumps(write_snapshot(SNAPSHOT))), Limits()) == SNAPSHOT


def test_a_kept_plan_is_loaded_as_it_was_saved(tmp_path):
    StateFolder(tmp_path / "s", ORIGIN, Limits()).save(KEPT)
    assert StateFolder(tmp_path / "s", ORIGIN, Limits()).load() == KEPT


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": 2}, "format"), ({"registry": "http://other.test"}, "http://other.test"),
        ({"keys": []}, "keys"), ({"snapshot": {}}, "contracts"), ({"takenAt": "x"}, "x"),
        ({"takenAt": 1e300}, "date"), ({"takenAt": None}, "None"),
    ],
)  # fmt: skip
def test_a_kept_plan_that_cannot_be_used_is_named_and_passed_over(tmp_path, caplog, change, reason):
    folder = StateFolder(tmp_path, ORIGIN, Limits())
    folder.save(KEPT)
    plan = tmp_path / "plan.json"
    plan.write_bytes(orjson.dumps(orjson.loads(plan.read_bytes()) | change))
    with caplog.at_level(logging.WARNING):
        assert folder.load() is None
    assert f"{plan} is not used: " in caplog.text
    assert reason in caplog.text


def digest(raw: bytes) -> str:
    from hashlib import sha256

    return sha256(raw).hexdigest()


def test_documents_are_kept_within_their_bound_and_only_while_a_plan_needs_them(tmp_path, caplog):
    folder = StateFolder(tmp_path, ORIGIN, Limits(state_bytes_max=25))
    old, new, large = b"0123456789", b"9876543210", b"x" * 20
    folder.save_document(digest(old), old)
    folder.save_document(digest(new), new)
    folder.save_document(digest(large), large)
    assert "longer than 25 bytes" in caplog.text
    assert [folder.document(digest(raw)) for raw in (old, new, large)] == [old, new, None]
    unfinished = tmp_path / "plan.jsonabc.unfinished"
    unfinished.touch()
    record = replace(RECORD, document=DocumentRef("x", digest(new)), references=())
    folder.save(replace(KEPT, snapshot=replace(SNAPSHOT, contracts=(record,))))
    assert [folder.document(digest(raw)) for raw in (old, new)] == [None, new]
    assert not unfinished.exists()
    folder.save_document(digest(b"y" * 15), b"y" * 15)
    assert folder.document(digest(b"y" * 15)) is not None


@pytest.mark.parametrize("name", ["../plan.json", "", "A" * 64, "/etc/passwd"])
def test_a_digest_that_is_none_names_no_file(tmp_path, name):
    folder = StateFolder(tmp_path, ORIGIN, Limits())
    folder.save(KEPT)
    folder.save_document(name, b"x")
    assert folder.document(name) is None
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["plan.json"]


def test_a_folder_that_cannot_be_written_to_costs_the_plan_nothing(tmp_path, caplog):
    (tmp_path / "taken").write_text("a file")
    folder = StateFolder(tmp_path / "taken", ORIGIN, Limits())
    folder.save_document(digest(b"x"), b"x")
    folder.save(KEPT)
    assert folder.load() is None
    assert "could not be kept" in caplog.text
