"""Which addresses there are, what each needs, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from registry.errors import NotFound
from registry.web.confluent import schemas, settings, subjects
from registry.web.confluent.errors import MethodUnknown
from registry.web.confluent.requests import Call

ANY = "{}"
READ, PUBLISH = "registry:read", "registry:publish"
Handler = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Route:
    """``address`` is matched part by part; `ANY` takes whatever stands there."""

    method: str
    address: tuple[str, ...]
    handler: Handler
    scope: str = READ

    def names(self, segments: Sequence[str]) -> tuple[str, ...] | None:
        """The variable parts when the address is this route's, None otherwise."""
        if len(segments) != len(self.address):
            return None
        pairs = list(zip(self.address, segments, strict=True))
        if any(expected not in (ANY, given) for expected, given in pairs):
            return None
        return tuple(given for expected, given in pairs if expected == ANY)


def route(method: str, address: str, handler: Handler, scope: str = READ) -> Route:
    """A route by its address as text."""
    return Route(method, tuple(part for part in address.split("/") if part), handler, scope)


VERSION = "/subjects/{}/versions/{}"
ROUTES = (
    route("GET", "/", lambda _: {}),
    route("GET", "/subjects", subjects.list_subjects),
    route("POST", "/subjects/{}", subjects.look_up),
    route("DELETE", "/subjects/{}", subjects.delete_subject, PUBLISH),
    route("GET", "/subjects/{}/versions", subjects.list_versions),
    route("POST", "/subjects/{}/versions", subjects.register, PUBLISH),
    route("GET", VERSION, subjects.get_version),
    route("DELETE", VERSION, subjects.delete_version, PUBLISH),
    route("GET", VERSION + "/schema", subjects.get_version_text),
    route("GET", VERSION + "/referencedby", subjects.referenced_by),
    route("POST", "/compatibility/subjects/{}/versions", subjects.check_compatibility),
    route("POST", "/compatibility/subjects/{}/versions/{}", subjects.check_compatibility),
    route("GET", "/schemas", schemas.list_schemas),
    route("GET", "/schemas/types", schemas.list_types),
    route("GET", "/schemas/ids/{}", schemas.get_schema),
    route("GET", "/schemas/ids/{}/schema", schemas.get_text),
    route("GET", "/schemas/ids/{}/subjects", schemas.list_subjects_of),
    route("GET", "/schemas/ids/{}/versions", schemas.list_versions_of),
    route("GET", "/schemas/guids/{}", schemas.get_by_guid),
    route("GET", "/schemas/guids/{}/ids", schemas.list_ids_of_guid),
    route("GET", "/config", settings.get_config),
    route("PUT", "/config", settings.set_config, "registry:admin"),
    route("DELETE", "/config", settings.reset_config, "registry:admin"),
    route("GET", "/config/{}", settings.get_config),
    route("PUT", "/config/{}", settings.set_config, PUBLISH),
    route("DELETE", "/config/{}", settings.reset_config, PUBLISH),
    route("GET", "/mode", settings.get_mode),
    route("PUT", "/mode", settings.set_mode, "registry:admin"),
    route("DELETE", "/mode", settings.reset_mode, "registry:admin"),
    route("GET", "/mode/{}", settings.get_mode),
    route("PUT", "/mode/{}", settings.set_mode, PUBLISH),
    route("DELETE", "/mode/{}", settings.reset_mode, PUBLISH),
    route("GET", "/contexts", lambda _: ["."]),
    route("GET", "/v1/metadata/id", schemas.get_registry_id),
    route("GET", "/v1/metadata/version", schemas.get_registry_version),
)


def routed(method: str, segments: Sequence[str]) -> tuple[Route, tuple[str, ...]]:
    """The route with the variable parts; raises `NotFound` and `MethodUnknown`."""
    others = []
    for one in ROUTES:
        names = one.names(segments)
        if names is not None:
            if one.method == method:
                return one, names
            others.append(one.method)
    if others:
        raise MethodUnknown(", ".join(sorted(set(others))))
    raise NotFound("not_found", "HTTP 404 Not Found")
