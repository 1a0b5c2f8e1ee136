"""Requests of the acceptance story: Contoso buys discovery and three milestones from Northwind Advisory.

``contoso_quote`` comes to 174,800.00 EUR net, 33,212.00 tax, 208,012.00 gross and so does ``contoso_order``;
``contoso_quote_mixed`` has all five billing models, two sellers and two currencies; ``contoso_quote_invalid``
and ``contoso_customer_invalid`` break one rule each (a line sold by NW-FR, the tax number DE000000000).
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any


def example(name: str) -> dict[str, Any]:
    """The request body of this name (file name without ``.json``); FileNotFoundError when there is none."""
    text = (resources.files(__name__) / f"{name}.json").read_text(encoding="utf-8")
    body = json.loads(text)
    if not isinstance(body, dict):
        raise TypeError(f"{name}.json must hold an object")
    return body
