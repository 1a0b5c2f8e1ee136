"""A registry in process, with a reader and a judge that need no contract engine, and calls to it."""

from __future__ import annotations

import asyncio
import atexit
import base64
import hashlib
import json
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import connexion.spec
import httpx
import psycopg

from registry.config import RegistryConfig
from registry.errors import Invalid
from registry.model import (
    CatalogFacts,
    CatalogItem,
    Contract,
    Credentials,
    DocumentLink,
    Operation,
    OperationShape,
    Submission,
    UsageEvidence,
    What,
)
from registry.ports import Judgement, ReadContract
from registry.ports.services import Governing, no_rules
from registry.reference import Reference
from registry.serve import create_app, initialise_registry, open_store
from registry.storage.store import SqlStore
from tests.registry.fake_artifacts import FakeArtifactReader

GATEWAY_SCOPES = ("registry:read", "registry:snapshot", "registry:usage")
START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class FakeClock:
    """Stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def pass_time(self, **parts: float) -> None:
        self.at += timedelta(**parts)


class FakeReader:
    """Reads contracts written as plain JSON: the identity, a version, operations, and what they accept."""

    def read(self, submission: Submission, governing: Governing = no_rules) -> ReadContract:
        value = self.parse(submission)
        if "owner" not in value:
            raise Invalid("owner_required", "No owner.", problems=[{"code": "x", "detail": "No owner."}])
        raw = submission.document.raw
        canonical = json.dumps(value, sort_keys=True).encode()
        texts = [canonical, *(reference.raw for reference in submission.references)]
        identity = Contract(
            name=value["name"],
            api_id=value.get("apiId", f"id-of-{value['name']}"),
            kind=value.get("kind", "openapi"),
            title=value.get("title", "A title"),
            layer=value.get("layer", "system"),
            domain=value.get("domain", "finance"),
            owner=value["owner"],
            audience=value.get("audience", "company-internal"),
        )
        return ReadContract(
            identity=identity,
            version=value["version"],
            sha256=hashlib.sha256(raw).hexdigest(),
            canonical_sha256=hashlib.sha256(canonical).hexdigest(),
            bundle_sha256=hashlib.sha256(b"".join(texts)).hexdigest(),
            operations=tuple(Operation(one, f"POST /{one}") for one in value.get("operations", ["order"])),
            warnings=tuple(value.get("warnings", ())),
            sunset=value.get("sunset"),
            model=value,
        )

    def parse(self, submission: Submission) -> Any:
        try:
            value = json.loads(submission.document.raw)
        except ValueError as error:
            raise Invalid("contract_invalid", f"Not JSON: {error}") from None
        if not isinstance(value, dict) or "name" not in value:
            raise Invalid("contract_invalid", "Not a contract.")
        return value

    def replaced(self, submission: Submission, schema_id: str, new: Submission) -> Submission | None:
        """It reads no schemas."""
        return None

    def facts(self, model: Any) -> CatalogFacts:
        """``operations`` and ``fields`` by their names, ``shapes`` and ``links`` as they are given."""
        names = [(What.OPERATION, one) for one in model.get("operations", ["order"])]
        names += [(What.FIELD, one) for one in model.get("fields", ())]
        items = tuple(CatalogItem(what, name, "", f"/{name}", f"About {name}") for what, name in names)
        shapes = tuple(OperationShape(*one) for one in model.get("shapes", ()))
        return CatalogFacts(items, shapes, tuple(DocumentLink(*one) for one in model.get("links", ())))

    def reference(self, submission: Submission) -> Reference:
        """The title alone."""
        return Reference(self.parse(submission).get("title", "A title"), "", ())


def fake_judge(before: Any, after: Any, usage: Sequence[UsageEvidence]) -> Judgement:
    """Breaking when an operation is gone, a minor version when one is new, unknown when told so."""
    old, new = (set(side.get("operations", ["order"])) for side in (before, after))
    verdict = "breaking" if old - new else after.get("verdict", "compatible")
    required = "major" if old - new else "minor" if new - old else "patch"
    numbers = [side["version"].split(".") for side in (before, after)]
    declared = next(
        (name for name, one, two in zip(("major", "minor", "patch"), *numbers, strict=True) if one != two),
        "none",
    )
    rank = ["none", "patch", "minor", "major"]
    consumers = [
        {
            "consumer": one.consumer,
            "owner": one.owner,
            "status": "BROKEN",
            "calls": one.calls,
            "lastSeen": None,
            "source": one.source,
            "reason": "It uses what is gone.",
        }
        for one in usage
    ]
    findings = [
        {
            "rule": "operation-removed",
            "level": "breaking",
            "direction": "consumed",
            "operation": f"POST /{gone}",
            "before": None,
            "after": None,
            "message": f"{gone} is gone.",
            "fix": "Keep it.",
            "witness": None,
            "fingerprint": gone,
            "consumers": consumers,
        }
        for gone in sorted(old - new)
    ]
    report = {
        "verdict": verdict,
        "engineVersion": "fake",
        "digest": "0" * 64,
        "before": {"name": before["name"], "version": before["version"], "sha256": "0" * 64},
        "after": {"name": after["name"], "version": after["version"], "sha256": "0" * 64},
        "bump": {
            "required": required,
            "declared": declared,
            "sufficient": rank.index(declared) >= rank.index(required),
        },
        "findings": findings,
        "notJudged": [],
        "summary": {"breaking": len(findings), "unknown": 0, "info": 0},
    }
    return Judgement(verdict, required, report["bump"]["sufficient"], report)  # type: ignore[index]


def basic(client_id: str, client_secret: str) -> dict[str, str]:
    """HTTP Basic credentials of a client."""
    text = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
    return {"Authorization": f"Basic {text}"}


@dataclass
class RegistryUnderTest:
    """Calls an application in process, as one of its clients."""

    app: Any
    config: RegistryConfig
    clock: FakeClock
    admin: Mapping[str, str]
    store: SqlStore
    tokens: dict[str, str] = field(default_factory=dict)
    gateway: str | None = None

    def close(self) -> None:
        self.store.engine.dispose()

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://registry.test") as client:
                return await client.request(method, path, **options)

        return asyncio.run(exchange())

    def call(self, method: str, path: str, *, token: str | None = "admin", **options: Any) -> httpx.Response:
        """A call of the API, as the administrator or by a token."""
        headers = dict(options.pop("headers", {}))
        if token == "admin":
            token = self.token(self.admin["clientId"], self.admin["clientSecret"])
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.send(method, f"/registry/v1{path}", headers=headers, **options)

    def token(self, client_id: str, client_secret: str, scope: str | None = None) -> str:
        """An access token, asked for once per client and scope."""
        key = f"{client_id} {scope}"
        if key not in self.tokens:
            form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
            response = self.send("POST", "/oauth/token", data=form, headers=basic(client_id, client_secret))
            assert response.status_code == 200, response.text
            self.tokens[key] = response.json()["access_token"]
        return self.tokens[key]

    def team(self, name: str, scopes: Sequence[str] | None = None) -> str:
        """Creates the team if it is new; a token of a fresh client of it."""
        self.call("POST", "/teams", json={"name": name})
        body = {"scopes": list(scopes)} if scopes else {}
        made = self.call("POST", f"/teams/{name}/credentials", json=body).json()
        return self.token(made["clientId"], made["clientSecret"])

    def consumer(self, name: str, owner: str, scopes: Sequence[str] = ()) -> dict[str, Any]:
        """Registers a consumer and a client of it; the credentials."""
        plan = {"requestsPerSecond": 5, "burst": 10}
        body = {"name": name, "owner": owner, "layer": "experience", "plan": plan}
        assert self.call("POST", "/consumers", json=body).status_code == 201
        response = self.call("POST", f"/consumers/{name}/credentials", json={"scopes": list(scopes)})
        made: dict[str, Any] = response.json()
        return made

    def snapshot(self) -> Any:
        """What a gateway is given."""
        if self.gateway is None:
            self.gateway = self.team("gateway-team", GATEWAY_SCOPES)
        return self.call("GET", "/snapshot", token=self.gateway).json()

    def publish(self, token: str, text: str, name: str, **options: Any) -> httpx.Response:
        """Publishes one document."""
        body = {"document": {"uri": f"{name}.json", "content": text}}
        return self.call("POST", f"/contracts/{name}/versions", token=token, json=body, **options)


def audited(store: SqlStore, action: str = "") -> list[dict[str, Any]]:
    """Entries of the audit log whose action begins like that, oldest first."""
    with store.reading() as transaction:
        entries = [json.loads(record.raw) for record in transaction.log.range(0, 10_000)]
    return [entry for entry in entries if entry["action"].startswith(action)]


def contract(name: str = "orders", version: str = "1.0.0", owner: str = "erp-team", **more: Any) -> str:
    """A contract as `FakeReader` reads it."""
    return json.dumps({"name": name, "version": version, "owner": owner, **more})


SQLITE = "sqlite:///"


@cache
def prepared() -> tuple[Path, Credentials]:
    """A database as `initialise_registry` leaves it, made once per run and copied for each registry."""
    path = Path(tempfile.mkdtemp(prefix="pactolus-registry-")) / "registry.db"
    atexit.register(shutil.rmtree, path.parent, ignore_errors=True)
    made = initialise_registry(RegistryConfig(f"{SQLITE}{path}"))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path, made


@cache
def prepared_on_postgres(server: str) -> tuple[str, Credentials]:
    """As `prepared`: the name of a database on the server that others are made after."""
    name = f"pactolus_template_{uuid.uuid4().hex}"
    postgres(server, f"CREATE DATABASE {name}")
    atexit.register(postgres, server, f"DROP DATABASE {name} WITH (FORCE)")
    return name, initialise_registry(RegistryConfig(f"{server}/{name}"))


def postgres(server: str, *statements: str) -> None:
    """Runs statements that stand outside of any database."""
    address = server.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def initialised(config: RegistryConfig) -> Credentials:
    """The administrator of a new registry, which is a copy of the one that was prepared."""
    if not config.database_url.startswith(SQLITE):
        server, _, name = config.database_url.rpartition("/")
        template, made = prepared_on_postgres(server)
        postgres(server, f"DROP DATABASE {name}", f"CREATE DATABASE {name} TEMPLATE {template}")
        return made
    path, made = prepared()
    shutil.copyfile(path, config.database_url.removeprefix(SQLITE))
    return made


@cache
def validate_contracts_once() -> None:
    """Connexion validates the contract for each application that it makes; once per run is enough."""
    kind: Any = connexion.spec.OpenAPISpecification
    validate: Any = kind._validate_spec
    valid: set[str] = set()

    def validate_once(spec: Any) -> None:
        digest = hashlib.sha256(json.dumps(spec, sort_keys=True, default=str).encode()).hexdigest()
        if digest not in valid:
            validate(spec)
            valid.add(digest)

    kind._validate_spec = staticmethod(validate_once)


def start(database_url: str, clock: FakeClock, **options: Any) -> RegistryUnderTest:
    """A fresh registry on an empty database."""
    validate_contracts_once()
    config = RegistryConfig(database_url, issuer="http://registry.test", **options)
    made = initialised(config)
    store = open_store(config)
    app = create_app(
        config,
        store=store,
        reader=FakeReader(),
        judging=fake_judge,
        artifact_reader=FakeArtifactReader(),
        clock=clock,
    )
    admin = {"clientId": made.client_id, "clientSecret": made.client_secret}
    return RegistryUnderTest(app, config, clock, admin, store)
