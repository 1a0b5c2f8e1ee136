"""Reports of any size stay readable: every format that people read is bounded, and says what it left out."""

from __future__ import annotations

from dataclasses import replace

from compatibility.model import Finding, Report
from compatibility.render import format_of
from compatibility.render.github import NOTICES_MAX
from compatibility.render.text import NOTES_SHOWN_PER_RULE
from tests.compatibility.render.reports import ADDED, REQUIRED, RICH

COMMENT_MAX = 65_536


def many(finding: Finding, number: int, message: str = "POST /orders breaks `é` again") -> Report:
    findings = [
        replace(finding, fingerprint=f"{at:016x}", message=f"{message} {at}", operations=("POST /orders",))
        for at in range(number)
    ]
    return replace(RICH, findings=tuple(findings), not_judged=())


def test_a_comment_fits_into_github_and_says_how_much_is_left_out() -> None:
    for report in (many(REQUIRED, 500), many(REQUIRED, 40, "é🙂" * 3_000), many(REQUIRED, 60, "`|<&" * 200)):
        text = format_of("markdown").render(report)

        assert len(text) <= COMMENT_MAX
        assert len(text.encode("utf-8")) <= COMMENT_MAX
        assert "do not fit into a comment" in text
        assert text.count("<details>") == text.count("</details>")


def test_a_small_comment_leaves_nothing_out() -> None:
    text = format_of("markdown").render(RICH)

    assert "do not fit" not in text
    assert text.count("<details>") == 4


def test_a_long_not_judged_list_and_many_consumers_keep_a_comment_bounded() -> None:
    impact = REQUIRED.consumers[0]
    crowd = tuple(replace(impact, consumer=f"c{at}" * 200, owner="o" * 2_000) for at in range(300))
    report = replace(
        many(replace(REQUIRED, consumers=crowd, operations=tuple(f"GET /{at}" * 50 for at in range(300))), 5),
        not_judged=tuple("x" * 5_000 for _ in range(200)),
    )

    assert len(format_of("markdown").render(report).encode("utf-8")) <= COMMENT_MAX


def test_a_witness_of_a_megabyte_is_cut_where_people_read_it() -> None:
    witness = REQUIRED.witness
    assert witness is not None
    report = replace(RICH, findings=(replace(REQUIRED, witness=replace(witness, value=["x" * 1_000_000])),))

    for name in ("text", "markdown", "html", "junit", "github"):
        assert len(format_of(name).render(report)) < 80_000, name


def test_a_page_of_five_thousand_notes_stays_small_and_says_what_is_missing() -> None:
    page = format_of("html").render(many(ADDED, 5_000))

    assert len(page) < 3_000_000
    assert "3000 more findings are not on this page" in page


def test_findings_of_one_fingerprint_have_addresses_of_their_own() -> None:
    page = format_of("html").render(replace(RICH, findings=(REQUIRED, REQUIRED)))

    assert f'id="f-{REQUIRED.fingerprint}"' in page
    assert f'id="f-{REQUIRED.fingerprint}-2"' in page


def test_text_shows_the_first_notes_of_a_rule_and_counts_the_others() -> None:
    text = format_of("text").render(many(ADDED, 100, "GET /orders: more"))

    assert text.count("GET /orders: more") == NOTES_SHOWN_PER_RULE
    assert f"and {100 - NOTES_SHOWN_PER_RULE} more of sample-response-member-added" in text


def test_annotations_put_what_breaks_first_and_few_notes_last() -> None:
    report = replace(RICH, findings=(*RICH.findings, *many(ADDED, 50).findings))
    kinds = [line.split(" ")[0] for line in format_of("github").render(report).splitlines()]

    assert kinds[:4] == ["::error", "::error", "::error", "::warning"]
    assert kinds.count("::notice") == NOTICES_MAX


def test_text_is_painted_and_wrapped_only_when_asked() -> None:
    from compatibility.render.text import render

    style = {"breaking": ("<", ">")}
    narrow = render(RICH, style, 60).splitlines()

    assert "<BREAKING>" in narrow[0]
    assert all(len(line) <= 62 for line in narrow if " " in line.strip())
    assert max(len(line) for line in render(RICH).splitlines()) > 100
