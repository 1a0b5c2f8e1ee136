"""What authors wrote, as a page shows it: broken lines flow again, words in backticks are code."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

CODE = re.compile(r"`([^`\n]+)`")
LIST_ITEM = re.compile(r"\s*([-*•]|\d+[.)])\s+")
BLANK = re.compile(r"\n\s*\n")


def code_marked(text: str) -> Markup:
    """The text, escaped, with what stands in backticks as code."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just before


def flowing(text: str) -> Markup:
    """Paragraphs, escaped. A line goes on with the next, unless that one is an item of a list."""
    made = []
    for block in BLANK.split(text.strip()):
        lines: list[str] = []
        for line in block.split("\n"):
            if lines and not LIST_ITEM.match(line):
                lines[-1] = f"{lines[-1].rstrip()} {line.strip()}"
            else:
                lines.append(line.strip())
        made.append(Markup("<p>{}</p>").format(Markup("<br>").join(code_marked(line) for line in lines)))
    return Markup("").join(made)
