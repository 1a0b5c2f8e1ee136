"""The frame of the html format: style and script as files beside this one, and a policy for no others.

The policy (Content Security Policy 3, as a meta element) names both by their digest. So a page made from a
hostile contract runs nothing and loads nothing, even if a piece of it should escape escaping.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from importlib.resources import files

# Nothing but the page itself; `style-src-attr` and event handlers stay forbidden.
POLICY = (
    "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
ICON = "data:,"
"""An empty icon, so that a browser that is given the page by a server asks for none."""


def framed(title: str, body: str) -> str:
    """A whole document (HTML Living Standard); `title` is text, `body` is markup."""
    style, script = asset("report.css"), asset("report.js")
    policy = POLICY.format(style=digest(style), script=digest(script))
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f'<link rel="icon" href="{ICON}">\n'
        f"<title>{escape(title)}</title>\n"
        f"<style>{style}</style>\n</head>\n<body>\n"
        f"{body}"
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


@cache
def asset(name: str) -> str:
    """A file of this package; it is part of the code and read once."""
    return (files("compatibility.render.page") / name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """As the policy writes it: base64 of SHA-256 over the element's text."""
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
