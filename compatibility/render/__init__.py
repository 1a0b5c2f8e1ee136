"""Reports as text of some format: one file per format, found by walking this package.

A format module's docstring is its manual. It has `MEDIA_TYPE`, `SUFFIX` and `render(report) -> str`, whose
text can always be encoded as UTF-8. Modules with a leading underscore are shared by formats.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compatibility.model import Report


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a report; `manual` is what the reference page prints of it."""

    name: str
    media_type: str
    suffix: str
    manual: str
    render: Callable[[Report], str]


def format_names() -> tuple[str, ...]:
    """The formats in alphabetical order."""
    found = pkgutil.iter_modules(__path__)
    return tuple(sorted(one.name for one in found if not one.ispkg and not one.name.startswith("_")))


def format_of(name: str) -> Format:
    """The format of a name that `format_names` lists."""
    module = importlib.import_module(f"{__name__}.{name}")
    return Format(name, module.MEDIA_TYPE, module.SUFFIX, (module.__doc__ or "").strip(), module.render)
