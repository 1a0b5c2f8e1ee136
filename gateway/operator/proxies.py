"""Who stands before the gateway, and what it is called in `Via`.

`trusted` are addresses or networks of proxies whose word on the caller's address counts; they write `field`
(`X-Forwarded-For`, or `Forwarded` of RFC 7239). The caller is the rightmost hop that is not trusted; limits
of callers without a token are by that address. Without `trusted` it is the address of the connection.

`pseudonym` is the gateway's name in `Via`. A call that has passed a gateway of that name `passesMax` times is
refused with 508 `loop_detected`. All are called `pactolus` unless named, and the third pass is the last; give
each gateway a name of its own and set 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from gateway.policies.proxies import Proxies
from gateway.settings_file import object_of

SCHEMA = object_of({}, {
    "trusted": {"type": "array", "maxItems": 256, "items": {"type": "string"}},
    "field": {"enum": ["X-Forwarded-For", "Forwarded"]},
    "pseudonym": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"},
    "passesMax": {"type": "integer", "minimum": 1, "maximum": 100},
})  # fmt: skip
WANTED = (
    "proxies: {trusted: [10.0.0.0/8], field: X-Forwarded-For | Forwarded, pseudonym: <name>, passesMax: <n>}"
)
EXAMPLE = """\
proxies:
  trusted: ["10.0.0.0/8", "192.168.7.4"]
  field: X-Forwarded-For
  pseudonym: gateway-emea
  passesMax: 1
"""


def read(value: Mapping[str, Any]) -> Proxies:
    """The rules; `ValueError` for what is no network."""
    default = Proxies()
    try:
        trusted = tuple(ip_network(network) for network in value.get("trusted") or ())
    except ValueError as error:
        raise ValueError(f"/proxies/trusted {error}") from error
    return Proxies(
        trusted,
        str(value.get("field", "X-Forwarded-For")).lower().encode(),
        str(value.get("pseudonym", default.pseudonym.decode())).encode(),
        int(value.get("passesMax", default.passes_max)),
    )
