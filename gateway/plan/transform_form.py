"""Serves one major version from the system behind the next: a JSON file of what became what.

`before` is the contract that is served, `after` the one whose system serves it; both must be in force. Each
entry of `operations` says what an operation of `before` is in `after`: its key (`after`, the same if left
out; path parameters keep their names), the names of query parameters that changed, and steps for the bodies.
What is not named is the same in both. Steps are written from before to after; the gateway inverts them for
answers.

- `{"move": "/zip", "to": "/address/zip"}`: the member stands elsewhere. `/lines/*/zip` means each item; both
  paths then lead into the same items.
- `{"rename": "/lines/*/qty", "to": "quantity"}`: the member has another name.
- `{"default": "/currency", "value": "EUR"}`: `after` has a member that `before` lacks. Requests get the
  value; an answer with another one cannot be said in `before`.
- `{"values": "/status", "map": {"OPEN": "open"}, "down": {"paused": "OPEN"}}`: texts are called otherwise.
  `down` adds values that only `after` has.
- `{"drop": "/note", "side": "before"}`: the member is only in `before` (or `after`) and may be lost; with
  `value`, that is what it has on the way back.

What cannot be said in the other version is answered 409 `version_unrepresentable` with its place. So is a
request that the later contract refuses, before anything is sent, and an answer that the earlier one does not
promise; by then a call that writes has been done. Only JSON bodies are changed. `Location` below the later
contract's path is put below the earlier one's.
"""

from __future__ import annotations

from typing import Any

from gateway.plan.transforms import (
    ALL,
    Default,
    Drop,
    Move,
    OperationTransform,
    Step,
    Transform,
    Values,
    leads_into_same_items,
    path_of,
)
from gateway.plan.validators import Schema

STEPS_MAX = 1000
_POINTER: Schema = {"type": "string", "pattern": "^(/([^~/]|~[01])+)+$", "maxLength": 1000}
_KEY: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9-]*\\.v[0-9]+$"}
_OPERATION = "^[A-Z]+ /\\S*$"
_TEXTS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


_STEP: Schema = {
    "oneOf": [
        _object({"move": _POINTER, "to": _POINTER}),
        _object({"rename": _POINTER, "to": {"type": "string", "minLength": 1, "pattern": "^[^/~*]+$"}}),
        _object({"default": _POINTER, "value": {}}),
        _object({"values": _POINTER, "map": _TEXTS}, {"down": _TEXTS}),
        _object({"drop": _POINTER, "side": {"enum": ["before", "after"]}}, {"value": {}}),
    ]
}
_STEPS: Schema = {"type": "array", "maxItems": STEPS_MAX, "items": _STEP}
SCHEMA: Schema = _object({"before": _KEY, "after": _KEY}, {
    "operations": {
        "type": "object",
        "propertyNames": {"pattern": _OPERATION},
        "additionalProperties": _object({}, {
            "after": {"type": "string", "pattern": _OPERATION},
            "query": _TEXTS,
            "request": _STEPS,
            "responses": {
                "type": "object",
                "propertyNames": {"pattern": "^([1-5][0-9][0-9]|[1-5]XX|default)$"},
                "additionalProperties": _STEPS,
            },
        }),
    },
})  # fmt: skip
EXAMPLE = """\
{
  "before": "orders.v1",
  "after": "orders.v2",
  "operations": {
    "POST /orders": {
      "after": "POST /purchase-orders",
      "request": [
        {"rename": "/customer", "to": "clientId"},
        {"default": "/currency", "value": "EUR"}
      ],
      "responses": {
        "201": [{"values": "/status", "map": {"OPEN": "open", "DONE": "closed"}}]
      }
    }
  }
}
"""


def read_transform(value: Any) -> Transform:
    """The transform in a value that fits `SCHEMA`; `ValueError` for what the schema cannot say."""
    operations = {}
    for key, told in (value.get("operations") or {}).items():
        after = told.get("after", key)
        query = told.get("query") or {}
        if len(set(query.values())) != len(query):
            raise ValueError(f"{key}: two query parameters become one")
        operations[key] = OperationTransform(
            after,
            query,
            _steps(told.get("request") or (), f"{key} request"),
            {name: _steps(one, f"{key} {name}") for name, one in (told.get("responses") or {}).items()},
        )
    if value["before"] == value["after"]:
        raise ValueError("before and after are the same")
    return Transform(value["before"], value["after"], operations)


def _steps(told: Any, place: str) -> tuple[Step, ...]:
    return tuple(_step(one, f"{place}, step {number}") for number, one in enumerate(told, 1))


def _step(told: Any, place: str) -> Step:
    if "values" in told:
        return _values(told, place)
    if "move" in told or "rename" in told:
        before = path_of(told.get("move") or told["rename"])
        after = path_of(told["to"]) if "move" in told else (*before[:-1], told["to"])
        if not leads_into_same_items(before, after) or before == after:
            raise ValueError(f"{place}: a member moves within one object or item, and to another place")
        return Move(before, after)
    path = path_of(told.get("default") or told["drop"])
    if path[-1] == ALL:
        raise ValueError(f"{place}: items of a list are not members")
    if "default" in told:
        return Default(path, told["value"])
    return Drop(path, told["side"], told["value"]) if "value" in told else Drop(path, told["side"])


def _values(told: Any, place: str) -> Values:
    upwards = dict(told["map"])
    downwards = {after: before for before, after in upwards.items()}
    if len(downwards) != len(upwards):
        raise ValueError(f"{place}: two values become one, so there is no way back")
    for after, before in (told.get("down") or {}).items():
        if after in downwards:
            raise ValueError(f"{place}: {after} has two ways back")
        downwards[after] = before
    return Values(path_of(told["values"]), upwards, downwards)
