"""Before the story: the processes, the teams, the applications and their credentials."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

from pactolus.demo.cast import APPLICATIONS, TEAMS, Application
from pactolus.demo.config import HOST, DemoConfig
from pactolus.demo.processes import Children
from pactolus.demo.stage import Caller, Stage
from pactolus.errors import DemoFailed
from pactolus.registry_client import RegistryClient

TEAM_SCOPES = ["registry:read", "registry:publish"]
GATEWAY_SCOPES = ["registry:read", "registry:snapshot", "registry:usage"]
READER, READER_TEAM = "board", "enterprise-architecture"
SECRET = "PACTOLUS_CLIENT_SECRET"  # noqa: S105 - the name of a variable, not a secret


def initialise_registry(config: DemoConfig) -> dict[str, str]:
    """Makes the registry's store; answers the administrator's ``clientId`` and ``clientSecret``."""
    command = [
        sys.executable,
        "-m",
        "pactolus",
        "registry",
        "init",
        "--database",
        config.database("registry"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise DemoFailed("the registry's store could not be made", done.stderr.strip())
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


def start_registry(config: DemoConfig, children: Children) -> None:
    """Starts the registry and waits until it answers."""
    port = str(config.ports["registry"])
    arguments = [
        "registry",
        "serve",
        "--database",
        config.database("registry"),
        "--host",
        HOST,
        "--port",
        port,
    ]
    children.start("registry", arguments, {})
    children.wait_until_ready({"registry": config.url("registry") + "/registry/v1/health"})


def enrol(stage: Stage) -> None:
    """Makes the teams and the applications, each with a credential of its own."""
    for team in TEAMS:
        stage.admin.call("POST", "/registry/v1/teams", {"name": team, "title": TEAMS[team]})
        client_id, secret = _credential(stage, f"/registry/v1/teams/{team}/credentials", TEAM_SCOPES)
        stage.secrets[team] = client_id, secret
        stage.teams[team] = RegistryClient(
            stage.config.url("registry"), client_id, secret, " ".join(TEAM_SCOPES)
        )
    stage.secrets["gateway"] = _credential(
        stage, "/registry/v1/teams/integration-engineering/credentials", GATEWAY_SCOPES
    )
    for application in APPLICATIONS:
        stage.admin.call("POST", "/registry/v1/consumers", _consumer(application))
        path = f"/registry/v1/consumers/{application.name}/credentials"
        stage.secrets[application.name] = _credential(stage, path, list(application.scopes))


def start_the_rest(config: DemoConfig, children: Children, stage: Stage) -> None:
    """Starts the gateway and the services, and waits until each answers."""
    _start_gateway(config, children, stage)
    clients = {"crm-quote": "crm-quote-service", "quote-validation": "quote-validation-service"}
    for name in ("master-data", "erp-orders", "crm-quote", "quote-validation"):
        arguments = ["service", "serve", name, "--host", HOST, "--port", str(config.ports[name])]
        environment: dict[str, str] = {}
        if name != "quote-validation":
            arguments += ["--database", str(config.folder / f"{name}.sqlite")]
        if name in clients:
            client_id, environment[SECRET] = stage.secrets[clients[name]]
            arguments += ["--gateway", config.url("gateway"), "--client-id", client_id]
            arguments += ["--token-url", config.url("registry") + "/oauth/token"]
        children.start(name, arguments, environment)
    services = ("master-data", "erp-orders", "crm-quote", "quote-validation")
    urls = {name: config.url(name) + "/-/health" for name in services}
    children.wait_until_ready({"gateway": config.url("gateway") + "/-/health", **urls})


def add_reader(config: DemoConfig) -> None:
    """A person who signs in to the portal for the change advisory board; its password is kept in a file."""
    password = secrets.token_urlsafe(12)
    command = [sys.executable, "-m", "pactolus", "registry", "account", "add", READER]
    command += ["--title", "Change advisory board", "--team", READER_TEAM, "--password-stdin"]
    command += ["--database", config.database("registry")]
    done = subprocess.run(command, input=password, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise DemoFailed("the account for the portal could not be made", done.stderr.strip())
    _keep(config.folder / "credentials" / "portal.txt", f"name: {READER}\npassword: {password}\n")


def _keep(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def keep_credentials(stage: Stage) -> None:
    """Writes each credential to a file that a shell can source, readable by its owner alone."""
    folder = stage.config.folder / "credentials"
    folder.mkdir(mode=0o700)
    for name, (client_id, secret) in stage.secrets.items():
        lines = {
            "PACTOLUS_REGISTRY": stage.config.url("registry"),
            "PACTOLUS_CLIENT_ID": client_id,
            SECRET: secret,
        }
        _keep(folder / f"{name}.env", "".join(f"export {key}={value}\n" for key, value in lines.items()))


def take_tokens(stage: Stage) -> None:
    """Each application obtains an access token for the scopes it was granted."""
    for application in APPLICATIONS:
        client_id, secret = stage.secrets[application.name]
        with RegistryClient(
            stage.config.url("registry"), client_id, secret, " ".join(application.scopes)
        ) as client:
            stage.callers[application.name] = Caller(application.name, client.access_token(), stage.http)


def _start_gateway(config: DemoConfig, children: Children, stage: Stage) -> None:
    client_id, secret = stage.secrets["gateway"]
    arguments = ["gateway", "serve", "--host", HOST, "--port", str(config.ports["gateway"])]
    arguments += ["--registry", config.url("registry"), "--client-id", client_id]
    arguments += ["--state-dir", str(config.folder / "gateway")]
    for key in stage.admin.call("GET", "/registry/v1/signing-keys")["contracts"]:
        arguments += ["--registry-key", str(key)]
    for contract, service in {
        "crm-quote.v1": "crm-quote",
        "crm-quote.v2": "crm-quote",
        "erp-orders.v1": "erp-orders",
        "master-data.v1": "master-data",
        "quote-validation.v1": "quote-validation",
    }.items():
        arguments += ["--upstream", f"{contract}={config.url(service)}"]
    children.start("gateway", arguments, {SECRET: secret})


def _credential(stage: Stage, path: str, scopes: list[str]) -> tuple[str, str]:
    answer = stage.admin.call("POST", path, {"scopes": scopes})
    return str(answer["clientId"]), str(answer["clientSecret"])


def _consumer(application: Application) -> dict[str, Any]:
    return {
        "name": application.name,
        "owner": application.owner,
        "layer": application.layer,
        "plan": {"requestsPerSecond": application.requests_per_second, "burst": application.burst},
    }
