"""Files are read below the roots and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from specs.config import Limits
from specs.errors import SpecError
from specs.files import documents_root, read_contract


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "root" / "system").mkdir(parents=True)
    (tmp_path / "root" / "canonical").mkdir()
    (tmp_path / "secret.yaml").write_text("type: string\n")
    (tmp_path / "root" / "canonical" / "money.yaml").write_text("type: object\n")
    return tmp_path


def entry(tree: Path, reference: str) -> Path:
    path = tree / "root" / "system" / "entry.yaml"
    path.write_text(f"openapi: 3.1.0\na: {{$ref: '{reference}'}}\n")
    return path


def test_relative_references_are_followed_below_the_root(tree: Path) -> None:
    contract = read_contract(entry(tree, "../canonical/money.yaml"), [tree / "root"])

    assert sorted(contract.documents) == ["canonical/money.yaml", "system/entry.yaml"]
    assert contract.node("/a").resolved().value == {"type": "object"}


def test_without_a_root_the_files_own_folder_is_the_root(tree: Path) -> None:
    with pytest.raises(SpecError) as refusal:
        read_contract(entry(tree, "../canonical/money.yaml"))

    assert refusal.value.code == "ref.outside_roots"
    assert refusal.value.problems[0].uri == "entry.yaml"


def test_the_working_directory_is_the_root_when_the_file_lies_in_it(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = entry(tree, "../canonical/money.yaml")
    monkeypatch.chdir(tree / "root")

    assert read_contract(path).document.uri == "system/entry.yaml"


@pytest.mark.parametrize("reference", ["../../secret.yaml", "/etc/hostname", "%2e%2e/../secret.yaml"])
def test_no_reference_leaves_the_root(tree: Path, reference: str) -> None:
    with pytest.raises(SpecError) as refusal:
        read_contract(entry(tree, reference), [tree / "root"])

    assert refusal.value.code == "ref.outside_roots"
    assert refusal.value.problems[0].position == (2, 5)


def test_a_symbolic_link_does_not_lead_out_of_the_root(tree: Path) -> None:
    (tree / "root" / "system" / "link.yaml").symlink_to(tree / "secret.yaml")
    (tree / "root" / "linked").symlink_to(tree)

    for reference in ("link.yaml", "../linked/secret.yaml"):
        with pytest.raises(SpecError) as refusal:
            read_contract(entry(tree, reference), [tree / "root"])
        assert refusal.value.code == "ref.outside_roots"
        assert refusal.value.problems[0].position == (2, 5)


def test_a_missing_file_is_told_where_it_is_referred_to(tree: Path) -> None:
    with pytest.raises(SpecError) as refusal:
        read_contract(entry(tree, "other.yaml"), [tree / "root"])

    assert refusal.value.code == "ref.document_missing"
    assert refusal.value.problems[0].position == (2, 5)


def test_a_further_root_is_searched_for_the_same_path(tree: Path) -> None:
    (tree / "shared" / "canonical").mkdir(parents=True)
    (tree / "shared" / "canonical" / "date.yaml").write_text("type: string\n")

    contract = read_contract(entry(tree, "../canonical/date.yaml"), [tree / "root", tree / "shared"])

    assert contract.node("/a").resolved().value == {"type": "string"}


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_readable_file_is_a_problem(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.yaml"
    if kind == "folder":
        path.mkdir()
    if kind == "pipe":
        os.mkfifo(path)

    with pytest.raises(SpecError) as refusal:
        read_contract(path)

    assert refusal.value.code == "file.unreadable"


def test_the_size_is_looked_at_before_a_byte_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as stream:
        stream.truncate(200 * 1024 * 1024 * 1024)  # sparse: takes no room

    with pytest.raises(SpecError) as refusal:
        read_contract(path)

    assert refusal.value.code == "document.too_large"
    assert str(200 * 1024**3) in refusal.value.problems[0].message


def test_the_limits_given_are_the_limits_used(tree: Path) -> None:
    with pytest.raises(SpecError) as refusal:
        read_contract(entry(tree, "#/x"), [tree / "root"], Limits(document_bytes_max=10))

    assert refusal.value.code == "document.too_large"


def test_each_packaged_contract_loads() -> None:
    paths = sorted(documents_root().rglob("*.yaml"))

    assert paths
    for path in paths:
        if path.name.endswith(("api.yaml", "schema.yaml")):
            read_contract(path, [documents_root()])
