"""Reads the transforms of a folder: JSON files, each held to its schema, one for a contract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import orjson

from gateway.config import Limits
from gateway.errors import ConfigError
from gateway.plan.transform_form import SCHEMA, read_transform
from gateway.plan.transforms import Transform
from gateway.plan.validators import compile_schema


def read_transforms(folder: Path, limits: Limits) -> Mapping[str, Transform]:
    """By the key of the contract that is served; `ConfigError` names the file and the place."""
    found: dict[str, Transform] = {}
    paths = sorted(folder.glob("*.json"))
    if len(paths) > limits.transforms_max:
        raise ConfigError("config.transforms", f"{folder} holds more than {limits.transforms_max} transforms")
    for path in paths:
        transform = _read(path, limits)
        if transform.before in found:
            raise ConfigError(
                "config.transforms", f"{path}: {transform.before} has another transform already"
            )
        found[transform.before] = transform
    chained = sorted({one.after for one in found.values()} & found.keys())
    if chained:
        raise ConfigError("config.transforms", f"{chained[0]} is served by another itself; name that one")
    return found


def _read(path: Path, limits: Limits) -> Transform:
    try:
        if path.stat().st_size > limits.transform_bytes_max:
            raise ConfigError("config.transforms", f"{path}: above {limits.transform_bytes_max} bytes")
        value = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError("config.transforms", f"{path}: cannot be read: {error}") from error
    except orjson.JSONDecodeError as error:
        raise ConfigError("config.transforms", f"{path}: {error}") from error
    validator = compile_schema(SCHEMA, limits.regex_backtracks_max)
    for violation in validator.violations(value, "transform", "", 1) if validator is not None else ():
        raise ConfigError("config.transforms", f"{path}: {violation.pointer or '/'} {violation.detail}")
    try:
        return read_transform(value)
    except ValueError as error:
        raise ConfigError("config.transforms", f"{path}: {error}") from error
