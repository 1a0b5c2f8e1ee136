"""Which documents of a folder are contracts of their own, and that they are published together."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pactolus.contract_folder import contracts_below
from specs.errors import SpecError
from tests.pactolus.conftest import Run
from tests.ports import free_port

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://pactolus.dev/schemas/rate.v1.json",
    "title": "Rate",
    "description": "A rate.",
    "x-pactolus": {"name": "rate", "owner": "data-team", "domain": "canonical", "version": "1.0.0"},
    "type": "object",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A schema of its own, one that is only referred to, a file that is none of ours, and a hidden one."""
    texts = {
        "canonical/rate.json": SCHEMA,
        "canonical/part.json": {"$schema": SCHEMA["$schema"], "description": "No x-pactolus of its own."},
        "notes.json": {"any": "thing"},
        ".hidden/rate.json": SCHEMA,
    }
    for name, value in texts.items():
        path = tmp_path / "contracts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))
    return tmp_path / "contracts"


def test_a_contract_says_who_answers_for_it(folder: Path) -> None:
    assert [one.document.uri for one in contracts_below(folder)] == ["canonical/rate.json"]


def test_every_file_that_cannot_be_read_is_told(folder: Path) -> None:
    for name in ("a", "b"):
        broken = {**SCHEMA, "properties": {"x": {"$ref": f"{name}-is-nowhere.json"}}}
        (folder / f"{name}.json").write_text(json.dumps(broken))

    with pytest.raises(SpecError) as raised:
        contracts_below(folder)

    assert {problem.uri for problem in raised.value.problems} == {"a.json", "b.json"}


@pytest.fixture
def registry(tmp_path: Path, pactolus: Run) -> Iterator[dict[str, str]]:
    """What the command line's environment needs to reach a registry that runs."""
    database = f"sqlite:///{tmp_path / 'registry.db'}"
    made = json.loads(pactolus("registry", "init", "--database", database).stdout)
    port = free_port()
    options = ("--database", database, "--port", str(port))
    server = subprocess.Popen(
        [sys.executable, "-m", "pactolus", "registry", "serve", *options], stderr=subprocess.PIPE, text=True
    )
    assert server.stderr is not None
    try:
        assert any("running on" in line for line in server.stderr)
        yield {
            "PACTOLUS_REGISTRY": f"http://127.0.0.1:{port}",
            "PACTOLUS_CLIENT_ID": made["clientId"],
            "PACTOLUS_CLIENT_SECRET": made["clientSecret"],
        }
    finally:
        server.terminate()
        server.communicate()


def test_a_folder_is_published_whole_or_not_at_all(
    folder: Path, registry: dict[str, str], pactolus: Run
) -> None:
    token = pactolus("token", **registry).stdout.strip()
    refused = pactolus("publish", folder, **registry)
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{registry['PACTOLUS_REGISTRY']}/registry/v1/teams"
    assert httpx.post(url, json={"name": "data-team"}, headers=headers).status_code == 201

    planned = pactolus("publish", "--dry-run", folder, **registry)
    published = pactolus("publish", folder, "--format", "json", **registry)
    again = pactolus("publish", folder, **registry)
    mixed = pactolus("publish", folder, folder, **registry)

    assert (refused.returncode, planned.returncode, published.returncode, mixed.returncode) == (1, 0, 0, 2)
    assert "nothing is published: 422 bulk_refused" in refused.stdout
    assert "rate refused: owner_unknown" in refused.stdout
    assert "rate 1.0.0 would be published" in planned.stdout
    assert [one["created"] for one in json.loads(published.stdout)["publications"]] == [True]
    assert "rate 1.0.0 is in force already" in again.stdout
