"""Files as they were at a revision, read from git's object store: no checkout, no shell, nothing written.

Everything a user names is checked before git sees it as an argument, and objects are then named by their
digest. Filters and text conversions of a repository's configuration are not run.
"""

from __future__ import annotations

import difflib
import os
import posixpath
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pactolus.config import GIT_FILES_LISTED_MAX, GIT_TIMEOUT_S
from pactolus.errors import PactolusError
from specs.config import LIMITS
from specs.errors import SpecError
from specs.load import too_large
from specs.problem import Problem

FILE_MODES = ("100644", "100755")
SYMLINK_MODE = "120000"
QUIET = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
"""English messages, no locks, no questions, nothing fetched."""

SETTINGS = ("-c", "log.showRoot=true", "-c", "core.fsmonitor=false")
"""What has no option of its own; the second keeps a repository's settings from starting a program."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository by the folder at the top of its working tree."""

    top: Path

    def commit(self, revision: str) -> str:
        """The full name of the commit that a branch, tag or expression such as `HEAD~2` means."""
        if not revision or revision.startswith("-") or "\0" in revision:
            raise PactolusError(
                f"{revision!r} is not a git revision", "write git:REVISION:PATH, as git:HEAD~1:api.yaml"
            )
        found = run(
            self.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
        if found.returncode != 0:
            raise PactolusError(
                f"git knows no revision {revision!r} in {self.top}",
                "name a branch, a tag or a commit; a shallow clone has few of them (in CI: fetch-depth: 0)",
            )
        return found.stdout.decode("ascii").strip()

    def file(self, commit: str, path: str) -> bytes | None:
        """The bytes of a file, None when the commit has none there; SpecError for what is no plain file."""
        listed = run(self.top, "ls-tree", "-z", "--full-tree", commit, "--", path)
        entry = listed.stdout.split(b"\0")[0].partition(b"\t")[0].decode("ascii", "replace").split()
        if listed.returncode != 0 or len(entry) != 3:
            return None
        mode, _, blob = entry
        if mode not in FILE_MODES:
            kind = "a symbolic link" if mode == SYMLINK_MODE else "not a file"
            raise SpecError([unreadable(path, f"at {commit[:12]} it is {kind}")])
        size = run(self.top, "cat-file", "-s", blob)
        if size.returncode == 0 and int(size.stdout) > LIMITS.document_bytes_max:
            raise SpecError([too_large(path, int(size.stdout), LIMITS)])
        content = run(self.top, "cat-file", "blob", blob)
        if content.returncode != 0:
            raise SpecError([unreadable(path, content.stderr.decode("utf-8", "replace").strip())])
        return content.stdout

    def entry(self, commit: str, revision: str, path: str) -> bytes:
        """As `file`, for a path that a user named: the error says which files come near."""
        found = self.file(commit, path)
        if found is None:
            names = run(self.top, "ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
            known = names.stdout.decode("utf-8", "surrogateescape").split("\0")[:GIT_FILES_LISTED_MAX]
            near = difflib.get_close_matches(path, known, n=3)
            raise PactolusError(
                f"revision {revision} has no file {path!r}",
                f"did you mean {' or '.join(near)}?"
                if near
                else f"paths count from {self.top}; `git ls-tree -r --name-only {commit[:12]}` lists them",
            )
        return found

    def ask(self, *arguments: str) -> str:
        """What git answers to a question whose arguments were checked before."""
        answer = run(self.top, *arguments)
        if answer.returncode != 0:
            raise PactolusError(
                f"git {arguments[0]} failed: {answer.stderr.decode('utf-8', 'replace').strip():.300}"
            )
        return answer.stdout.decode("utf-8", "surrogateescape")

    def path(self, named: str) -> str:
        """A path from the top, as git reads it: from the working directory when it starts with a dot."""
        here = ""
        if named.startswith(("./", "../")):
            here = Path.cwd().resolve().relative_to(self.top).as_posix()
        joined = posixpath.normpath(posixpath.join(here, named))
        if not named or "\0" in named or joined.startswith(("../", "/")) or joined in {"..", "."}:
            raise PactolusError(
                f"{named!r} is no path within {self.top}", "name a file of the repository, from its top"
            )
        return joined


def repository() -> Repository:
    """The repository that holds the working directory."""
    found = run(Path.cwd(), "rev-parse", "--show-toplevel")
    if found.returncode != 0:
        lines = found.stderr.decode("utf-8", "replace").strip().splitlines() or ["no working tree"]
        raise PactolusError(
            f"{Path.cwd()} is in no git repository: {lines[0]}",
            "go to a folder of the repository first; a bare repository needs a working tree",
        )
    return Repository(Path(os.fsdecode(found.stdout.rstrip(b"\n"))).resolve())


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = ["git", "--literal-pathspecs", *SETTINGS, "-C", str(folder), *arguments]
    try:
        return subprocess.run(  # noqa: S603 - no shell; git is found on the user's path
            command,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=GIT_TIMEOUT_S,
            env={**os.environ, **QUIET},
        )
    except FileNotFoundError:
        raise PactolusError("git is not installed", "install git, or give files instead of git:") from None
    except subprocess.TimeoutExpired:
        raise PactolusError(f"git did not answer within {GIT_TIMEOUT_S:.0f} s", "try it again") from None


def unreadable(path: str, reason: str) -> Problem:
    return Problem(
        "file.unreadable", f"The file {path!r:.200} cannot be read: {reason}.", "Name a file.", path
    )
