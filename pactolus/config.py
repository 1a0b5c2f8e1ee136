"""The limits of the command line, by name."""

from __future__ import annotations

GIT_TIMEOUT_S = 60.0
"""One question to git; it reads local objects only."""
GIT_FILES_LISTED_MAX = 50_000
"""Names looked through for one that comes near a path that is not there."""
EVIDENCE_BYTES_MAX = 16 * 1024 * 1024
"""A file of waivers or of usage."""
USAGE_PAGES_MAX = 500
"""Pages of usage read from a registry for one contract."""
VERSIONS_DEFAULT = 20
VERSIONS_MAX = 500
"""Versions of one contract that a history judges."""
FOLDER_FILES_MAX = 2_000
"""Files of a folder of versions."""
STDIN_NAME = "stdin"
