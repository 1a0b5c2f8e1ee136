"""Where ``pactolus check`` reads contracts from: git at a revision, a registry, a pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pactolus.demo.processes import Children
from pactolus.registry_client import RegistryClient
from pactolus.sources import same_bytes
from specs.files import documents_root, read_contract
from specs.load import load_contract
from tests.pactolus.conftest import ORDERS
from tests.ports import free_port

Run = Callable[..., subprocess.CompletedProcess[str]]

WITH_REFERENCE = ORDERS.replace("reference: {type: string}", "reference: {$ref: '../shared/text.yaml#/Text'}")
IDENTITY = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


@dataclass(frozen=True, slots=True)
class Checkout:
    """A git working tree of the test's own."""

    folder: Path

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env={**os.environ, **IDENTITY},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, message: str, files: dict[str, str | None]) -> str:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    found = Checkout(tmp_path / "checkout")
    found.folder.mkdir()
    found.git("init", "--quiet", "--initial-branch", "main")
    found.commit(
        "one",
        {"api/orders.yaml": WITH_REFERENCE, "shared/text.yaml": "Text: {type: string, maxLength: 20}\n"},
    )
    return found


def verdict(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode in (0, 1), result.stderr
    return str(json.loads(result.stdout)["verdict"])


def test_a_file_is_judged_against_the_one_at_a_revision(pactolus: Run, checkout: Checkout) -> None:
    working = checkout.folder / "api" / "orders.yaml"
    working.write_text(WITH_REFERENCE.replace("required: [reference]", "required: [reference, taxCategory]"))

    result = pactolus("check", "git:HEAD:api/orders.yaml", "api/orders.yaml", folder=checkout.folder)

    assert result.returncode == 1
    assert "now requires member `taxCategory`" in result.stdout
    assert "api/orders.yaml:" in result.stdout


def test_references_are_resolved_at_the_same_revision(pactolus: Run, checkout: Checkout) -> None:
    checkout.commit("narrow", {"shared/text.yaml": "Text: {type: string, maxLength: 5}\n"})
    (checkout.folder / "shared" / "text.yaml").unlink()
    sides = ("git:HEAD~1:api/orders.yaml", "git:main:api/orders.yaml")

    result = pactolus("check", *sides, "--format", "json", folder=checkout.folder)

    assert verdict(result) == "breaking"
    places = [
        finding["after"]["uri"] for finding in json.loads(result.stdout)["findings"] if finding["after"]
    ]
    assert "shared/text.yaml" in places


def test_a_path_that_starts_with_a_dot_counts_from_here(pactolus: Run, checkout: Checkout) -> None:
    options = ("--format", "json", "--root", "..")
    here = checkout.folder / "api"

    assert verdict(pactolus("check", "git:HEAD:./orders.yaml", "orders.yaml", *options, folder=here)) == (
        "compatible"
    )


def test_nothing_of_the_working_tree_is_changed(pactolus: Run, checkout: Checkout) -> None:
    pactolus("check", "git:HEAD:api/orders.yaml", "git:HEAD:api/orders.yaml", folder=checkout.folder)

    assert checkout.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("side", "told"),
    [
        ("git:nowhere:api/orders.yaml", "git knows no revision 'nowhere'"),
        ("git:HEAD:api/ordrs.yaml", "did you mean api/orders.yaml?"),
        ("git:HEAD", "git:HEAD names no file"),
        ("git::api/orders.yaml", "'' is not a git revision"),
        ("git:--output=stolen:api/orders.yaml", "'--output=stolen' is not a git revision"),
        ("git:HEAD:../outside.yaml", "is no path within"),
        ("git:HEAD:api", "it is not a file"),
        ("git:HEAD:link.yaml", "it is a symbolic link"),
        ("nowhere.yaml", "there is no file nowhere.yaml"),
        (".", ". is a folder"),
        ("https://a.example/orders.yaml", "not fetched over the network"),
        ("registry:orders", "registry:orders names no version"),
        ("registry:orders@1", "registry:orders@1 names no version"),
        ("registry:../x@1.0.0", "names no version"),
        ("registry:orders@latest", "needs a credential"),
    ],
)
def test_a_source_that_leads_nowhere_is_told_in_words(
    pactolus: Run, checkout: Checkout, side: str, told: str
) -> None:
    (checkout.folder / "link.yaml").symlink_to("/etc/hostname")
    checkout.git("add", "--all")
    checkout.git("commit", "--quiet", "--message", "link")

    result = pactolus("check", side, "api/orders.yaml", folder=checkout.folder)

    assert result.returncode == 2
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert not (checkout.folder / "stolen").exists()


def test_outside_a_repository_git_is_told_so(pactolus: Run, before: Path) -> None:
    result = pactolus("check", "git:HEAD:before.yaml", before, GIT_CEILING_DIRECTORIES=str(before.parents[1]))

    assert result.returncode == 2
    assert "is in no git repository" in result.stderr


def test_an_invalid_document_at_a_revision_is_named_with_it(pactolus: Run, checkout: Checkout) -> None:
    checkout.commit("break", {"api/orders.yaml": WITH_REFERENCE.replace("title: Orders, ", "")})

    result = pactolus(
        "check", "git:HEAD~1:api/orders.yaml", "git:HEAD:api/orders.yaml", folder=checkout.folder
    )

    assert result.returncode == 2
    assert result.stdout == ""
    assert "git:HEAD:api/orders.yaml:3:" in result.stderr


def test_one_side_may_come_from_a_pipe(pactolus: Run, after: Path) -> None:
    result = pactolus("check", "-", after, "--format", "json", given=ORDERS)

    assert verdict(result) == "breaking"


def test_a_side_may_be_a_pipe_that_the_shell_opened(
    pactolus: Run, before: Path, after: Path, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(before.read_bytes(),), daemon=True)
    writer.start()

    result = pactolus("check", pipe, after)

    writer.join(10)
    assert "taxCategory" in result.stdout, result.stderr


def test_both_sides_from_a_pipe_are_refused(pactolus: Run) -> None:
    result = pactolus("check", "-", "-", given=ORDERS)

    assert result.returncode == 2
    assert "one side only" in result.stderr


def test_a_pipe_may_refer_to_files_below_the_root_and_to_no_others(pactolus: Run, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "text.yaml").write_text("Text: {type: string}\n")
    near = ORDERS.replace("reference: {type: string}", "reference: {$ref: 'shared/text.yaml#/Text'}")
    far = near.replace("shared/text.yaml", "../shared/text.yaml")
    (tmp_path / "near.yaml").write_text(near)

    assert verdict(pactolus("check", "-", "near.yaml", "--format", "json", given=near)) == "compatible"
    assert pactolus("check", "-", "near.yaml", given=far).returncode == 2


@dataclass(frozen=True, slots=True)
class Published:
    """A registry that runs, and a credential of the team that published there."""

    url: str
    environment: dict[str, str]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """The registry as a process, with the packaged orders contract published twice."""
    folder = tmp_path_factory.mktemp("registry")
    database = f"sqlite:///{folder}/registry.sqlite"
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Children(folder) as children:
        made = subprocess.run(
            [sys.executable, "-m", "pactolus", "registry", "init", "--database", database],
            capture_output=True,
            text=True,
            check=True,
        )
        administrator = json.loads(made.stdout)
        children.start("registry", ["registry", "serve", "--database", database, "--port", str(port)], {})
        children.wait_until_ready({"registry": f"{url}/registry/v1/health"})
        with RegistryClient(
            url, administrator["clientId"], administrator["clientSecret"], "registry:admin"
        ) as admin:
            admin.call("POST", "/registry/v1/teams", {"name": "erp-team", "title": "ERP"})
            scopes = {"scopes": ["registry:read", "registry:publish"]}
            made_client = admin.call("POST", "/registry/v1/teams/erp-team/credentials", scopes)
        credential = made_client["clientId"], made_client["clientSecret"]
        with RegistryClient(url, *credential, "registry:read registry:publish") as team:
            contract = read_contract(
                documents_root() / "system" / "erp-orders.v1.openapi.yaml", [documents_root()]
            )
            team.publish("erp-orders", contract)
        names = {"PACTOLUS_REGISTRY": url, "PACTOLUS_CLIENT_ID": credential[0]}
        yield Published(url, {**names, "PACTOLUS_CLIENT_SECRET": credential[1]})


def test_the_version_in_force_comes_from_the_registry_with_what_it_refers_to(
    pactolus: Run, published: Published
) -> None:
    file = documents_root() / "system" / "erp-orders.v1.openapi.yaml"
    options = (file, "--root", documents_root(), "--format", "json")

    for version in ("1.0.0", "latest"):
        result = pactolus("check", f"registry:erp-orders@{version}", *options, **published.environment)
        assert verdict(result) == "compatible"
        assert json.loads(result.stdout)["summary"] == {"breaking": 0, "unknown": 0, "info": 0, "waived": 0}


def test_a_version_the_registry_does_not_have_is_told_with_its_problem(
    pactolus: Run, published: Published, before: Path
) -> None:
    result = pactolus("check", "registry:erp-orders@9.9.9", before, **published.environment)

    assert result.returncode == 2, "1 would say that something breaks"
    assert "registry:erp-orders@9.9.9: the registry answered 404" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_wrong_credential_is_told_and_is_no_judgement(
    pactolus: Run, published: Published, before: Path
) -> None:
    wrong = {**published.environment, "PACTOLUS_CLIENT_SECRET": "wrong"}

    result = pactolus("check", "registry:erp-orders@latest", before, **wrong)

    assert result.returncode == 2
    assert "invalid_client" in result.stderr


def test_a_registry_that_does_not_answer_is_told(pactolus: Run, published: Published, before: Path) -> None:
    away = {**published.environment, "PACTOLUS_REGISTRY": "http://127.0.0.1:1"}

    result = pactolus("check", "registry:erp-orders@latest", before, **away)

    assert result.returncode == 2
    assert "no answer from the registry at http://127.0.0.1:1" in result.stderr


def test_usage_may_come_from_the_registry_too(pactolus: Run, published: Published) -> None:
    file = documents_root() / "system" / "erp-orders.v1.openapi.yaml"
    options = ("--root", documents_root(), "--usage", "registry:erp-orders")

    result = pactolus("check", "registry:erp-orders@latest", file, *options, **published.environment)

    assert result.returncode == 0, result.stderr


def test_contracts_have_the_same_bytes_whatever_their_entry_is_called_and_only_then() -> None:
    one = b'{"$ref": "b.json"}'
    texts = ("a", b"{}"), ("b", b"{}"), ("b", b'{"type": "null"}')
    alone, copy, other = (load_contract(name, text) for name, text in texts)
    parts = {"a.json": one, "b.json": b"{}"}
    linked = [load_contract(entry, parts[entry], parts) for entry in ("a.json", "a.json", "b.json")]

    assert same_bytes(alone, copy)
    assert not same_bytes(alone, other)
    assert same_bytes(linked[0], linked[1])
    assert not same_bytes(linked[0], linked[2])
