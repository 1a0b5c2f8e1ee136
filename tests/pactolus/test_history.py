"""``pactolus history``: every change of a contract, from git or from a folder."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pactolus.conftest import ORDERS
from tests.pactolus.test_sources import WITH_REFERENCE, Checkout

Run = Callable[..., subprocess.CompletedProcess[str]]

REQUIRED = ORDERS.replace("required: [reference]", "required: [reference, taxCategory]")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    found = Checkout(tmp_path / "checkout")
    found.folder.mkdir()
    found.git("init", "--quiet", "--initial-branch", "main")
    return found


def told(pactolus: Run, where: str, folder: Path, *options: str) -> dict[str, Any]:
    result = pactolus("history", where, "--format", "json", *options, folder=folder)
    assert result.returncode == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_each_commit_that_changed_a_contract_is_judged_against_the_one_before(
    pactolus: Run, checkout: Checkout
) -> None:
    first = checkout.commit("first", {"orders.yaml": ORDERS})
    checkout.commit("other file", {"other.txt": "a"})
    second = checkout.commit("require it", {"orders.yaml": REQUIRED})
    third = checkout.commit("take it back", {"orders.yaml": ORDERS.replace("1.0.0", "1.0.1")})

    answer = told(pactolus, "git:orders.yaml", checkout.folder)

    changes = [(one["from"], one["to"], one["verdict"]) for one in answer["changes"]]
    assert changes == [(first[:12], second[:12], "breaking"), (second[:12], third[:12], "compatible")]
    assert [one["subject"] for one in answer["changes"]] == ["require it", "take it back"]
    assert (answer["versions"], answer["leftOut"], answer["skipped"]) == (3, 0, [])


def test_a_change_of_a_file_it_refers_to_is_a_change_of_the_contract(
    pactolus: Run, checkout: Checkout
) -> None:
    text = "Text: {type: string, maxLength: 20}\n"
    checkout.commit("first", {"api/orders.yaml": WITH_REFERENCE, "shared/text.yaml": text})
    checkout.commit("narrow", {"shared/text.yaml": text.replace("20", "5")})

    answer = told(pactolus, "git:api/orders.yaml", checkout.folder)

    assert [one["verdict"] for one in answer["changes"]] == ["breaking"]


def test_a_history_goes_on_over_a_new_name(pactolus: Run, checkout: Checkout) -> None:
    checkout.commit("first", {"old.yaml": ORDERS})
    checkout.git("mv", "old.yaml", "new.yaml")
    checkout.commit("rename", {})
    checkout.commit("require it", {"new.yaml": REQUIRED})

    answer = told(pactolus, "git:new.yaml", checkout.folder)

    assert [one["verdict"] for one in answer["changes"]] == ["compatible", "breaking"]


def test_a_user_s_settings_of_git_do_not_change_what_is_read(pactolus: Run, checkout: Checkout) -> None:
    checkout.commit("first", {"old.yaml": ORDERS})
    checkout.git("mv", "old.yaml", "new.yaml")
    checkout.commit("rename", {})
    checkout.git("switch", "--quiet", "--create", "branch")
    checkout.commit("é", {"new.yaml": REQUIRED})
    checkout.git("switch", "--quiet", "main")
    checkout.commit("beside", {"other.txt": "a"})
    checkout.git("merge", "--quiet", "--no-edit", "--message", "é", "branch")
    plain = told(pactolus, "git:new.yaml", checkout.folder)
    settings = {
        "log.showSignature": "true",
        "log.showRoot": "false",
        "log.diffMerges": "off",
        "log.decorate": "full",
        "log.abbrevCommit": "true",
        "color.ui": "always",
        "diff.renames": "false",
        "diff.noprefix": "true",
        "i18n.logOutputEncoding": "ISO-8859-1",
        "core.abbrev": "4",
        "core.quotePath": "true",
        "gpg.program": "false",
    }
    for name, value in settings.items():
        checkout.git("config", name, value)

    assert [one["verdict"] for one in plain["changes"]] == ["compatible", "breaking"]
    assert told(pactolus, "git:new.yaml", checkout.folder) == plain


def test_a_merge_is_one_step_of_the_main_line(pactolus: Run, checkout: Checkout) -> None:
    checkout.commit("first", {"orders.yaml": ORDERS})
    checkout.git("switch", "--quiet", "--create", "branch")
    checkout.commit("require it", {"orders.yaml": REQUIRED})
    checkout.commit("and more", {"orders.yaml": REQUIRED.replace("1.0.0", "2.0.0")})
    checkout.git("switch", "--quiet", "main")
    checkout.commit("beside", {"other.txt": "a"})
    checkout.git("merge", "--quiet", "--no-edit", "branch")

    answer = told(pactolus, "git:orders.yaml", checkout.folder)

    assert [one["verdict"] for one in answer["changes"]] == ["breaking"]
    assert "Merge" in answer["changes"][0]["subject"]


def test_unreadable_versions_are_skipped_by_name_and_judged_across(pactolus: Run, checkout: Checkout) -> None:
    first = checkout.commit("first", {"orders.yaml": ORDERS})
    broken = checkout.commit("break it", {"orders.yaml": "openapi: [\n"})
    invalid = checkout.commit("no title", {"orders.yaml": ORDERS.replace("title: Orders, ", "")})
    last = checkout.commit("require it", {"orders.yaml": REQUIRED})

    answer = told(pactolus, "git:orders.yaml", checkout.folder)
    text = pactolus("history", "git:orders.yaml", folder=checkout.folder).stdout

    assert [(one["from"], one["to"]) for one in answer["changes"]] == [(first[:12], last[:12])]
    assert [one["version"] for one in answer["skipped"]] == [broken[:12], invalid[:12]]
    assert f"skipped {broken[:12]}: orders.yaml:" in text


def test_a_version_of_another_kind_is_skipped_by_name(pactolus: Run, checkout: Checkout) -> None:
    checkout.commit("a schema", {"orders.yaml": "type: object\n"})
    other = checkout.commit("a contract", {"orders.yaml": ORDERS})

    answer = told(pactolus, "git:orders.yaml", checkout.folder)

    assert answer["changes"] == []
    assert [one["version"] for one in answer["skipped"]] == [other[:12]]
    assert "cannot be compared" in answer["skipped"][0]["reason"]


def test_a_file_that_was_removed_and_came_back_is_followed(pactolus: Run, checkout: Checkout) -> None:
    checkout.commit("first", {"orders.yaml": ORDERS})
    checkout.commit("remove", {"orders.yaml": None})
    checkout.commit("back", {"orders.yaml": REQUIRED})

    answer = told(pactolus, "git:orders.yaml", checkout.folder)

    assert answer["skipped"] == []
    assert [(one["verdict"], one["subject"]) for one in answer["changes"]] == [("breaking", "back")]


def test_only_the_newest_versions_are_looked_at_and_the_others_counted(
    pactolus: Run, checkout: Checkout
) -> None:
    for number in range(5):
        checkout.commit(f"number {number}", {"orders.yaml": ORDERS.replace("1.0.0", f"1.{number}.0")})

    answer = told(pactolus, "git:orders.yaml", checkout.folder, "--limit", "2")
    text = pactolus("history", "git:HEAD~1:orders.yaml", "--limit", "2", folder=checkout.folder).stdout

    assert [one["subject"] for one in answer["changes"]] == ["number 4"]
    assert answer["leftOut"] == 3
    assert "number 3" in text
    assert "2 older versions were not looked at" in text


def test_a_folder_has_its_contracts_each_with_versions_in_order(pactolus: Run, tmp_path: Path) -> None:
    for number in ("1.9.0", "1.10.0", "2.0.0"):
        text = (REQUIRED if number == "2.0.0" else ORDERS).replace("1.0.0", number)
        (tmp_path / f"orders-{number}.yaml").write_text(text)
    (tmp_path / "other.yaml").write_text(ORDERS.replace("title: Orders", "title: Other"))
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "notes.txt").write_text("no contract")

    answer = told(pactolus, ".", tmp_path)
    text = pactolus("history", ".", folder=tmp_path).stdout

    assert [(one["before"]["version"], one["after"]["version"]) for one in answer["changes"]] == [
        ("1.9.0", "1.10.0"),
        ("1.10.0", "2.0.0"),
    ]
    assert [one["version"] for one in answer["skipped"]] == ["broken.json"]
    assert "1.10.0 -> 2.0.0  breaking" in text
    assert "5 versions, 2 changes: 1 breaking, 1 compatible" in text


def test_a_subject_that_attacks_a_table_or_a_terminal_is_shown_as_text(
    pactolus: Run, checkout: Checkout
) -> None:
    checkout.commit("first", {"orders.yaml": ORDERS})
    checkout.commit("a | b \x1b[31m <img> [x](https://evil.example)", {"orders.yaml": REQUIRED})

    text = pactolus("history", "git:orders.yaml", folder=checkout.folder).stdout
    table = pactolus("history", "git:orders.yaml", "--format", "markdown", folder=checkout.folder).stdout

    assert "\x1b" not in text + table
    assert "a \\| b \\\\u001b\\[31m &lt;img&gt; \\[x\\](https\\://" in table


@pytest.mark.parametrize("where", ["nowhere", "git:nowhere.yaml", "git:none:orders.yaml", "git:"])
def test_a_place_without_a_history_is_told(pactolus: Run, checkout: Checkout, where: str) -> None:
    checkout.commit("first", {"orders.yaml": ORDERS})

    result = pactolus("history", where, folder=checkout.folder)

    assert result.returncode == 2
    assert "fix:" in result.stderr
    assert "Traceback" not in result.stderr


def test_one_version_is_no_change_and_no_failure(pactolus: Run, checkout: Checkout) -> None:
    checkout.commit("first", {"orders.yaml": ORDERS})

    result = pactolus("history", "git:orders.yaml", folder=checkout.folder)

    assert result.returncode == 0
    assert "1 version, 0 changes" in result.stdout
