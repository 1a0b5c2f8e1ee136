"""Reads the settings of an OpenID provider: where it is, and what its groups mean here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from registry.config import OidcPolicy
from registry.errors import SetupError
from registry.model.access import AccessRole, AccessScope, Held

NAMES: Mapping[str, type] = {
    "metadataUrl": str,
    "clientId": str,
    "label": str,
    "groupsClaim": str,
    "scopes": list,
    "teams": dict,
    "administrators": list,
    "roles": dict,
}
REQUIRED = ("metadataUrl", "clientId")
ROLE_NAMES = frozenset({"role", "domain", "contract", "environment"})


def read_oidc(text: str, client_secret: str | None) -> OidcPolicy:
    """The policy; `SetupError` names what is wrong."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise wrong(f"it is not YAML: {error}") from None
    if not isinstance(value, dict):
        raise wrong("it is not a mapping")
    for name, part in value.items():
        if name not in NAMES:
            raise wrong(f"{name!r} is not known; there are {', '.join(NAMES)}")
        if not isinstance(part, NAMES[name]):
            raise wrong(f"{name} is not a {NAMES[name].__name__}")
    missing = [name for name in REQUIRED if not value.get(name)]
    if missing:
        raise wrong(f"{' and '.join(missing)} must be given")
    usual = OidcPolicy("", "")
    return OidcPolicy(
        metadata_url=value["metadataUrl"],
        client_id=value["clientId"],
        client_secret=client_secret,
        label=value.get("label", usual.label),
        scopes=texts(value.get("scopes", list(usual.scopes)), "scopes"),
        groups_claim=value.get("groupsClaim", usual.groups_claim),
        teams=dict(zip(value.get("teams", {}), texts(value.get("teams", {}).values(), "teams"), strict=True)),
        administrators=texts(value.get("administrators", []), "administrators"),
        roles={str(group): roles_of(given) for group, given in value.get("roles", {}).items()},
    )


def texts(given: Any, name: str) -> tuple[str, ...]:
    """A list of texts."""
    found = tuple(given)
    if not all(isinstance(one, str) and one for one in found):
        raise wrong(f"{name} holds something that is no text")
    return found


def roles_of(given: Any) -> tuple[Held, ...]:
    """The roles of a group."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise wrong("roles maps each group to a list of roles")
    return tuple(role_of(one) for one in given)


def role_of(given: dict[str, Any]) -> Held:
    """One role within its scope."""
    unknown = set(given) - ROLE_NAMES
    if unknown or given.get("role") not in set(AccessRole):
        raise wrong(f"a role has role ({', '.join(AccessRole)}) and may have domain, contract, environment")
    scope = [given.get(name) for name in ("domain", "contract", "environment")]
    if not all(one is None or isinstance(one, str) for one in scope):
        raise wrong("domain, contract and environment of a role are texts")
    return Held(AccessRole(given["role"]), AccessScope(*scope))


def wrong(why: str) -> SetupError:
    """The refusal of the settings."""
    return SetupError("oidc_settings_invalid", f"The settings of the OpenID provider cannot be used: {why}.")
