"""Contracts are untrusted: whatever their names say, a format shows it and does nothing else."""

from __future__ import annotations

import json
import re
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from compatibility.render import format_names, format_of
from compatibility.render.page import asset
from tests.compatibility.render.reports import saying

ATTACKS = {
    "terminal escape codes": "a\x1b]0;owned\x07\x1b[2J\x9bb",
    "line breaks": "a\nb\r\nc\u2028d\x85e",
    "a turned reading direction": "a\u202egnp.exe\u2066b",
    "half a surrogate pair": "a\ud800b",
    "characters XML cannot carry": "a\x00\x08\ufffe\uffff\x7fb",
    "markup": "</script></title><script>alert(1)</script><img src=x onerror=alert(1)>'\"&lt;",
    "an entity": "&amp;&#64;&nbsp;",
    "a workflow command": "a\n::error file=x,line=1::owned\n::stop-commands::x",
    "workflow command separators": "a::b,c:d%0Ae%25",
    "a table cell": "a | b || c",
    "code spans": "a ` b `` c ``` d",
    "a link and an image": "[a](https://evil.example) ![b](https://evil.example/x.png) <https://evil.example>",
    "bare addresses": "https://evil.example www.evil.example a@evil.example",
    "mentions": "@everyone #1 GH-2 org/repo#3",
    "placeholders": "{0} {1} }} {{",
    "a closing of CDATA": "]]>",
    "nothing": "",
    "blanks": "   ",
    "emoji and letters": "é ñ 🙂 中文 عربى",
}


# Controls, separators, marks of direction, noncharacters; a newline is the format's own.
ACTIVE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]"


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", format_names())
def test_every_format_can_be_encoded_and_holds_no_active_character(name: str, attack: str) -> None:
    text = format_of(name).render(saying(ATTACKS[attack]))

    assert text.encode("utf-8")
    assert not re.search(ACTIVE, text)


@pytest.mark.parametrize("attack", ATTACKS)
def test_json_reads_back_as_the_report_it_was(attack: str) -> None:
    report = saying(ATTACKS[attack])

    value = json.loads(format_of("json").render(report))

    assert {name: value[name] for name in report.as_json()} == report.as_json()


class Elements(HTMLParser):
    """The elements and attributes of a page, with the text of its scripts and styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[tuple[str, tuple[str, ...]]] = []
        self.inside = ""
        self.code: dict[str, str] = {}
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(sorted(name for name, _ in attrs))))
        self.inside = tag if tag in {"script", "style"} else ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.code[self.inside] = self.code.get(self.inside, "") + data
        else:
            self.text += data


def elements(text: str) -> Elements:
    found = Elements()
    found.feed(format_of("html").render(saying(text)))
    return found


@pytest.mark.parametrize("attack", [one for one in ATTACKS if ATTACKS[one]])
def test_a_page_has_the_elements_of_a_harmless_one_and_no_code_but_its_own(attack: str) -> None:
    harmless, attacked = elements("a`b"), elements(ATTACKS[attack])

    # A code element more or less is what backticks in a message make.
    assert set(attacked.seen) <= set(harmless.seen)
    assert [one for one in attacked.seen if one[0] != "code"] == [
        one for one in harmless.seen if one[0] != "code"
    ]
    assert attacked.code == {"script": asset("report.js"), "style": asset("report.css")}


def test_a_page_shows_markup_as_text() -> None:
    assert ATTACKS["markup"] in elements(ATTACKS["markup"]).text


def test_a_page_reaches_for_nothing_beyond_itself() -> None:
    page = format_of("html").render(saying(ATTACKS["a link and an image"]))
    attributes = re.findall(r'(?:src|href|action|srcset|poster|data)="([^"]*)"', page)

    assert all(value == "data:," or value.startswith("#") for value in attributes)
    assert "@import" not in page
    assert "url(" not in page
    assert "default-src &#x27;none&#x27;" in page


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_line_of_workflow_commands_is_one_of_ours(attack: str) -> None:
    lines = format_of("github").render(saying(ATTACKS[attack])).splitlines()

    assert len(lines) == 6
    for line in lines:
        found = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        assert found is not None, line
        names = [part.partition("=")[0] for part in found[2].split(",")]
        assert names in (["title"], ["file", "line", "title"]), line


def test_workflow_commands_are_undone_to_what_was_said() -> None:
    line = format_of("github").render(saying("50%: a,b")).splitlines()[1]

    assert "file=50%25%3A a%2Cb,line=3," in line
    assert "::50%25: a,b%0A" in line


@pytest.mark.parametrize("attack", ATTACKS)
def test_xml_is_well_formed_and_has_the_elements_of_a_harmless_report(attack: str) -> None:
    attacked = ElementTree.fromstring(format_of("junit").render(saying(ATTACKS[attack])).encode())
    harmless = ElementTree.fromstring(format_of("junit").render(saying("a")).encode())

    assert [one.tag for one in attacked.iter()] == [one.tag for one in harmless.iter()]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_table_of_markdown_keeps_its_columns(attack: str) -> None:
    rows = [
        line for line in format_of("markdown").render(saying(ATTACKS[attack])).splitlines() if line[:1] == "|"
    ]

    columns = {len(re.findall(r"(?<!\\)\|", row)) - 1 for row in rows}
    assert columns == {4, 5}


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_of_a_contract_becomes_no_link_no_image_and_no_element(attack: str) -> None:
    text = format_of("markdown").render(saying(ATTACKS[attack]))
    blocks = MarkdownIt("commonmark").enable("table").parse(text)

    pieces = [piece for block in blocks for piece in (block, *(block.children or ()))]
    markup = "".join(piece.content for piece in pieces if piece.type in {"html_block", "html_inline"})
    assert not {"link_open", "image"} & {piece.type for piece in pieces}
    assert set(re.findall(r"</?(\w+)", markup)) <= {"details", "summary", "code"}
    assert len([block for block in blocks if block.type == "heading_open"]) == 1


@pytest.mark.parametrize("attack", ["a link and an image", "bare addresses", "mentions"])
def test_github_finds_no_address_and_no_mention_in_markdown_of_a_contract(attack: str) -> None:
    """GitHub looks for these in the rendered text; code and what a zero-width space breaks are left alone."""
    text = format_of("markdown").render(saying(ATTACKS[attack]))
    fenced = re.sub(r"^(`{3,})json\n.*?\n\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    prose = re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)|<code>.*?</code>", "", fenced)

    assert not re.search(r"https?:(?=/)|www\.", prose)
    assert not re.search(r"[@#]\w|GH-\d", unescape(prose))


def test_a_fence_is_longer_than_any_in_a_witness() -> None:
    text = format_of("markdown").render(saying("a ``` b"))

    assert "````json\n" in text


def test_the_path_of_a_place_is_percent_encoded_in_sarif() -> None:
    log = json.loads(format_of("sarif").render(saying("a b/ü#?%[x]:y.yaml")))

    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "a%20b/%C3%BC%23%3F%25%5Bx%5D%3Ay.yaml"


def test_a_message_of_sarif_holds_neither_link_nor_placeholder() -> None:
    log = json.loads(format_of("sarif").render(saying("[a](https://evil.example) {0}")))

    message = log["runs"][0]["results"][0]["message"]["text"]
    assert "](" not in message
    assert "{{0}}" in message
