"""Every rule has a manual and a mirror; a new file is found without being named anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

import compatibility.rules as rules

NAMES = {manual.name for manual in rules.manuals()}


@pytest.mark.parametrize("manual", rules.manuals(), ids=lambda manual: manual.name)
def test_each_rule_is_explained_and_has_a_mirror_or_a_reason(manual: rules.RuleManual) -> None:
    assert len(manual.text) > 40
    assert manual.mirror in NAMES or manual.mirror.startswith(("there is none: ", "itself: "))


def test_every_file_is_a_rule() -> None:
    files = {path.stem.replace("_", "-") for path in Path(rules.__path__[0]).glob("*.py")} - {"--init--"}

    assert files == NAMES
    asked = {rule.name for rule in (*rules.schema_rules(), *rules.contract_rules())}
    told = {name for name, module in rules.modules() if hasattr(module, "told")}
    assert asked | told == NAMES
    assert not asked & told
