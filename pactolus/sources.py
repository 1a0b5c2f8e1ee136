"""Where a contract comes from: a file, git at a revision, a registry, or standard input.

Wherever it comes from, its references are resolved in the same place: at the same revision, among the
documents published with it, or in the folders below the roots; never over the network.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pactolus.config import STDIN_NAME
from pactolus.errors import PactolusError, RegistryRefused
from pactolus.git_tree import Repository, repository
from pactolus.registry_client import RegistryClient
from specs.config import LIMITS
from specs.errors import SpecError
from specs.files import contract_of_text, read_contract
from specs.load import load_contract, load_graph
from specs.model import Contract
from specs.problem import Problem
from specs.validity import validity_problems

VERSION = re.compile(r"latest|\d{1,6}\.\d{1,6}\.\d{1,6}")
NAME = re.compile(r"[a-z][a-z0-9-]{0,99}")
HARMLESS = frozenset(("openapi.default_off_schema",))
"""Problems that change nothing of what is accepted or sent: a team must be able to judge their mend."""
REGISTRY_FIX = "write registry:NAME@VERSION, as registry:erp-orders@1.0.0 or registry:erp-orders@latest"


@dataclass(frozen=True, slots=True)
class RegistryAccess:
    """How to reach a registry; asked for only when a source names one."""

    url: str
    client_id: str | None
    client_secret: str | None

    def client(self, scope: str = "registry:read") -> RegistryClient:
        if not self.client_id or not self.client_secret:
            raise PactolusError(
                "reading from the registry needs a credential",
                "set PACTOLUS_CLIENT_ID and PACTOLUS_CLIENT_SECRET, or give --client-id and --client-secret",
            )
        return RegistryClient(self.url, self.client_id, self.client_secret, scope)


def usable(
    text: str,
    roots: Sequence[Path],
    access: RegistryAccess,
    known: Sequence[Contract] = (),
    *,
    earlier: bool = False,
) -> tuple[Contract, tuple[Problem, ...]]:
    """A valid contract from a source; SpecError with every problem, each named with its source.

    `earlier`: what is in force may have problems that change nothing of what is accepted; they come along.
    What has the bytes of a `known` valid contract is valid too, and is not judged again.
    """
    try:
        contract = contract_from(text, roots, access)
        if any(same_bytes(contract, one) for one in known):
            return contract, ()
        errors = validity_problems(contract, ("error",))
        borne = tuple(one for one in errors if earlier and one.code in HARMLESS)
        if len(borne) < len(errors):
            raise SpecError(errors)
    except SpecError as error:
        raise SpecError(named(text, error.problems)) from None
    return contract, tuple(named(text, borne))


def named(text: str, problems: Iterable[Problem]) -> list[Problem]:
    """Problems with the source they are of."""
    origin = origin_of(text)
    return [replace(one, uri=f"{origin}{one.uri}") for one in problems]


def same_bytes(one: Contract, two: Contract) -> bool:
    """Whether two contracts are made of the same documents, whatever the entry document is called.

    A contract of several documents may refer to its entry by name, so there names count.
    """
    if len(one.documents) == len(two.documents) == 1:
        return one.document.raw == two.document.raw
    bytes_of = [{uri: held.raw for uri, held in contract.documents.items()} for contract in (one, two)]
    return one.document.uri == two.document.uri and bytes_of[0] == bytes_of[1]


def usable_pair(
    before: str, after: str, roots: Sequence[Path], access: RegistryAccess
) -> tuple[Contract, Contract, tuple[Problem, ...]]:
    """Both sides and what the earlier one has that does not hinder; or the problems of both."""
    if before == after == "-":
        raise PactolusError("standard input can be one side only", "give the other side as a file")
    found: list[Contract] = []
    borne: list[Problem] = []
    problems: list[Problem] = []
    for text, earlier in ((before, True), (after, False)):
        try:
            known = () if borne else found
            if known and after == before:
                found.append(known[0])
                continue
            contract, told = usable(text, roots, access, known, earlier=earlier)
            found.append(contract)
            borne.extend(told)
        except SpecError as error:
            problems.extend(one for one in error.problems if one not in problems)
    if problems:
        raise SpecError(problems)
    return found[0], found[1], tuple(borne)


def contract_from(text: str, roots: Sequence[Path], access: RegistryAccess) -> Contract:
    """The contract that `git:REV:PATH`, `registry:NAME@VERSION`, `-` or a file's path names."""
    kind, _, rest = text.partition(":")
    if kind == "git" and rest:
        return at_revision(rest, roots)
    if kind == "registry" and rest:
        return from_registry(rest, access)
    if text == "-":
        raw = sys.stdin.buffer.read(LIMITS.document_bytes_max + 1)
        return contract_of_text(STDIN_NAME, raw, roots)
    if kind in ("http", "https") and rest.startswith("//"):
        raise PactolusError(
            f"{text} is an address, and contracts are not fetched over the network",
            "fetch it yourself and pipe it in: curl -sf URL | pactolus check - after.yaml",
        )
    return from_path(text, roots)


def from_path(text: str, roots: Sequence[Path]) -> Contract:
    """The contract in a file, or in what a pipe gives once, as the shell's `<(command)`."""
    path = Path(text)
    if path.is_file():
        return read_contract(path, roots)
    if path.is_fifo():
        with path.open("rb") as stream:
            return contract_of_text(path.name, stream.read(LIMITS.document_bytes_max + 1), roots)
    what = "is a folder" if path.is_dir() else "is no file" if path.exists() else ""
    raise PactolusError(
        f"{text} {what}" if what else f"there is no file {text}",
        "a side is a file, git:REVISION:PATH, registry:NAME@VERSION, or - for standard input",
    )


def origin_of(text: str) -> str:
    """What stands before a document's name in a problem, so that both sides can be told apart."""
    kind, _, rest = text.partition(":")
    if kind == "git":
        return f"git:{rest.partition(':')[0]}:"
    return f"{text}:" if kind == "registry" else ""


def at_revision(named: str, roots: Sequence[Path]) -> Contract:
    revision, colon, path = named.partition(":")
    if not colon:
        raise PactolusError(
            f"git:{named} names no file", "write git:REVISION:PATH, as git:HEAD~1:api/orders.yaml"
        )
    found = repository()
    return at_commit(found, found.commit(revision), revision, found.path(path), roots)


def at_commit(
    found: Repository, commit: str, revision: str, path: str, roots: Sequence[Path] = ()
) -> Contract:
    """The contract at a path of a commit; URIs are relative to the root, as for files."""
    raw = found.entry(commit, revision, path)
    folders = folders_within(found, path, roots)
    home = next((folder for folder in folders if within(path, folder)), None)
    if home is None:
        raise PactolusError(f"{path} lies outside the roots", "name a root that holds it with --root")
    folders.sort(key=lambda folder: folder != home)

    def fetch(wanted: str) -> bytes | None:
        for folder in folders:
            content = found.file(commit, posixpath.normpath(posixpath.join(folder, wanted)))
            if content is not None:
                return content
        return None

    return load_graph(posixpath.relpath(path, home or "."), raw, {}, LIMITS, fetch)


def folders_within(found: Repository, path: str, roots: Sequence[Path]) -> list[str]:
    """The roots as paths from the top; without any, as for files: the working directory or the own folder."""
    given = [root.resolve() for root in roots]
    outside = [root for root in given if not root.is_relative_to(found.top)]
    if outside:
        raise PactolusError(
            f"the root {outside[0]} lies outside the repository {found.top}",
            "give roots within it: references of a contract at a revision are resolved at that revision",
        )
    if given:
        return [from_top(found, root) for root in given]
    here = Path.cwd().resolve()
    below = here.is_relative_to(found.top) and within(path, from_top(found, here))
    return [from_top(found, here)] if below else [posixpath.dirname(path)]


def from_top(found: Repository, folder: Path) -> str:
    path = folder.relative_to(found.top).as_posix()
    return "" if path == "." else path


def within(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def from_registry(named: str, access: RegistryAccess) -> Contract:
    """A published version with the documents it was published with, each checked against its digest."""
    name, at, version = named.partition("@")
    if not at or not NAME.fullmatch(name) or not VERSION.fullmatch(version):
        raise PactolusError(f"registry:{named} names no version", REGISTRY_FIX)
    with access.client() as client:
        try:
            described = client.version(name, version)
            contents = {
                one["uri"]: checked(one, client.document(one["sha256"]))
                for one in (described["document"], *described["references"])
            }
        except RegistryRefused as refusal:
            # Exit status 1 means a judgement here; that there is nothing to judge is unusable input.
            raise PactolusError(f"registry:{named}: {refusal.message}", REGISTRY_FIX) from refusal
        except KeyError as error:
            raise PactolusError(
                f"the registry at {access.url} does not tell which documents a version has: no {error}",
                "upgrade the registry, or give the contract as a file",
            ) from error
    uri = described["document"]["uri"]
    entry = contents.pop(uri)
    return load_contract(uri, entry, contents)


def checked(described: dict[str, str], content: bytes) -> bytes:
    if hashlib.sha256(content).hexdigest() != described["sha256"]:
        raise PactolusError(
            f"the registry answered other bytes for {described['uri']} than their digest says",
            "look for what stands between here and the registry",
        )
    return content
