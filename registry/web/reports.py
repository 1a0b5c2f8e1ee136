"""Stored reports in the format that was asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from flask import Response

from registry.errors import NotFound
from registry.report_formats import written
from registry.usecases import catalog
from registry.usecases.services import Services
from registry.web.requests import REVALIDATE, tagged

# A report quotes its author's words: a browser that shows one runs no script of it and sends nothing away.
PROTECTION = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


class ReportHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def get_version_report(self, name: str, version: str, format_: str) -> Response:
        found = catalog.get_version(self._services, name, version).version
        if found.report is None:
            raise NotFound("report_not_found", f"{name} {found.number} had nothing to be judged against.")
        return report_answer(found.report, format_)


def report_answer(report: Mapping[str, Any], format_name: str) -> Response:
    """The report as text; the digest of the text is its entity tag."""
    content, media_type = written(report, format_name)
    digest = hashlib.sha256(content).hexdigest()
    response = tagged(content, media_type, digest, REVALIDATE)
    response.headers.extend(PROTECTION)
    return response
