"""The demo's narrator counts what did not come out as told: the demo can fail."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from pactolus.demo.narrator import Narrator


@pytest.fixture
def narrator() -> Narrator:
    return Narrator(Console(file=io.StringIO(), width=60))


def told(narrator: Narrator) -> str:
    output = narrator.console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_a_step_as_told_counts(narrator: Narrator) -> None:
    narrator.step("a", "GET /a", 200, "fine", expected=200, came_out=True)
    narrator.ending()

    assert narrator.failed == []
    assert "1 of 1 steps came out as told" in told(narrator)


@pytest.mark.parametrize(("status", "came_out"), [(500, True), (200, False)])
def test_another_status_or_another_body_is_not_as_told(
    narrator: Narrator, status: int, came_out: bool
) -> None:
    narrator.step("a", "GET /a", status, "odd", expected=200, came_out=came_out)
    narrator.ending()

    assert len(narrator.failed) == 1
    assert "0 of 1 steps came out as told" in told(narrator)


def test_a_fact_that_does_not_hold_is_not_as_told(narrator: Narrator) -> None:
    narrator.fact("the gateway serves it", holds=False)

    assert narrator.failed == ["the gateway serves it"]


def test_a_long_reason_goes_on_below_its_beginning_and_markup_is_shown_as_it_is(narrator: Narrator) -> None:
    narrator.note("  witness " + "word " * 20 + "[bold]")

    lines = told(narrator).splitlines()
    assert len(lines) > 1
    assert all(len(line) <= 60 and line.startswith(" " * 7) for line in lines)
    assert "[bold]" in lines[-1]
