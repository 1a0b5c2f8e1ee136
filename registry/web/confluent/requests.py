"""One request at the door for schema registry clients, read strictly where it decides, mildly elsewhere.

Members that are not known are left aside: newer clients send more (metadata, rule sets), and mean no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard
from urllib.parse import parse_qsl, unquote

from registry.errors import BadRequest, Invalid
from registry.model import Actor, storable
from registry.model.schemas import SchemaReference
from registry.usecases.schemas import REFERENCES_MAX, SchemaDraft
from registry.usecases.services import Services
from specs.config import Limits
from specs.errors import SpecError
from specs.json_text import parse_json

BODY = Limits(depth_max=64, nodes_max=100_000)
DEFAULT_TYPE = "AVRO"
"""What a client means that names no type."""
FLAGS = {"true": True, "false": False}
QUERY_FIELDS_MAX = 50


@dataclass(frozen=True, slots=True)
class Call:
    """A routed request of a known caller; ``names`` are the variable parts of its address."""

    services: Services
    actor: Actor
    names: tuple[str, ...]
    query: Mapping[str, str]
    raw: bytes

    @property
    def name(self) -> str:
        """The first variable part; of an address without one, the empty text."""
        return self.names[0] if self.names else ""

    def flag(self, name: str) -> bool:
        """A parameter that is true or false; false when absent."""
        given = self.query.get(name, "false").lower()
        if given not in FLAGS:
            raise BadRequest("request_invalid", f"{name} is true or false.")
        return FLAGS[given]

    def window(self, most: int) -> tuple[int, int]:
        """Offset and limit; a limit that is absent or below one means as many as there may be."""
        offset, limit = whole_number(self.query, "offset", 0), whole_number(self.query, "limit", -1)
        return max(offset, 0), most if limit < 1 else min(limit, most)

    def body(self) -> dict[str, Any]:
        """The JSON object sent; raises `BadRequest`."""
        try:
            value = parse_json(self.raw.decode("utf-8"), "body", BODY)
        except UnicodeDecodeError:
            raise BadRequest("request_invalid", "The body is not UTF-8.") from None
        except SpecError as error:
            raise BadRequest("request_invalid", f"The body cannot be read: {error}") from None
        if not isinstance(value, dict):
            raise BadRequest("request_invalid", "The body is not a JSON object.")
        return value

    def draft(self) -> SchemaDraft:
        """The schema sent; raises `Invalid`."""
        body = self.body()
        text = body.get("schema")
        if not isinstance(text, str) or not text.strip():
            raise Invalid("schema_invalid", "The member schema is not a text with a schema in it.")
        if body.get("id") not in (None, -1, 0):
            raise Invalid("operation_not_permitted", "Ids are given by this registry; send none.")
        schema_type = body.get("schemaType") or DEFAULT_TYPE
        version = body.get("version")
        if version in (-1, 0):
            version = None
        if not isinstance(schema_type, str) or not (version is None or is_number(version)):
            raise Invalid("schema_invalid", "schemaType is a text and version a number.")
        return SchemaDraft(schema_type[:20], text, references(body.get("references") or []), version)


def references(given: Any) -> tuple[SchemaReference, ...]:
    """The references sent; raises `Invalid`."""
    if not isinstance(given, list) or len(given) > REFERENCES_MAX:
        raise Invalid("schema_invalid", f"references is a list of {REFERENCES_MAX} at most.")
    found = []
    for one in given:
        member = one if isinstance(one, dict) else {}
        name, subject, version = (member.get(part) for part in ("name", "subject", "version"))
        if not (is_text(name) and is_text(subject) and is_number(version)):
            raise Invalid("schema_invalid", "A reference has a name, a subject and a version.")
        found.append(SchemaReference(name, subject, version))
    if len({one.name for one in found}) != len(found):
        raise Invalid("schema_invalid", "Two references have the same name.")
    return tuple(found)


def is_text(value: Any) -> TypeGuard[str]:
    """Whether it is a text that a database takes."""
    return isinstance(value, str) and storable(value)


def refuse_unstorable(texts: Iterable[str]) -> None:
    """Raises `Invalid` for a name or parameter that is no text; nothing has such a name."""
    if not all(storable(text) for text in texts):
        raise Invalid("subject_invalid", "The address holds a character that is not text.")


def is_number(value: Any) -> TypeGuard[int]:
    """Whether it can be the number of a version."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def whole_number(query: Mapping[str, str], name: str, usual: int) -> int:
    """A parameter that is a whole number."""
    given = query.get(name)
    if given is None:
        return usual
    digits = given.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise BadRequest("request_invalid", f"{name} is a whole number.")
    return int(given)


def segments_of(raw_path: bytes) -> tuple[str, ...]:
    """The parts of an address, each decoded after they were told apart: ``%2F`` belongs to a name."""
    parts = raw_path.decode("latin-1").strip("/").split("/")
    return tuple(unquote(part) for part in parts if part)


def query_of(query_string: bytes) -> dict[str, str]:
    """The parameters; raises `BadRequest` for one given twice with different values."""
    try:
        pairs = parse_qsl(
            query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=QUERY_FIELDS_MAX
        )
    except ValueError:
        raise BadRequest("request_invalid", "The query cannot be read.") from None
    found = dict(pairs)
    if len(found) != len(set(pairs)):
        raise BadRequest("request_invalid", "A parameter is given twice.")
    return found
