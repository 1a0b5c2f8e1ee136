"""URIs of documents and references (RFC 3986): joined without any look at a network or a file system.

A document's URI is either absolute (it has a scheme) or a POSIX path relative to the contract's root.
"""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote, urljoin

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")


def has_scheme(uri: str) -> bool:
    """Whether the URI is absolute; a Windows drive letter counts as one and is refused later as such."""
    return SCHEME.match(uri) is not None


def split_reference(reference: str) -> tuple[str, str]:
    """The part that names a document, and the percent-decoded fragment."""
    document, _, fragment = reference.partition("#")
    return document, unquote(fragment)


def is_hierarchical(uri: str) -> bool:
    """Whether relative references can be joined to this absolute URI (``https://``, ``file:///``)."""
    return "://" in uri


def join_absolute(base: str, relative: str) -> str:
    """RFC 3986 section 5.2 for an absolute base."""
    return urljoin(base, relative) if is_hierarchical(base) else relative


def join_path(base: str, relative: str) -> str | None:
    """The path ``relative`` names seen from the document ``base``; None when it leaves the root."""
    folder = "" if has_scheme(base) else posixpath.dirname(base)
    if relative.startswith("/") or "\\" in relative or "\0" in relative:
        return None
    joined = posixpath.normpath(posixpath.join(folder, relative))
    return None if joined == ".." or joined.startswith(("../", "/")) else joined


def decoded(path: str) -> str:
    """A path with its percent-encoding undone."""
    return unquote(path)
