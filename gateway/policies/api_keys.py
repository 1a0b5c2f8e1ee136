"""A key in a header line stands for a client, as a token would (OpenAPI `apiKey`, `in: header`).

A key is `pak_<id>_<secret><check>`: the id finds it, 40 letters and digits (238 bits) are the secret, and 8
hexadecimal digits of CRC-32 tell a key from anything else, to us and to who scans for leaked ones. Kept is
the HMAC-SHA256 of the whole key under the operator's pepper, so that who reads the settings can call nothing.
Two keys of a client count at once: make the second, move over, take the first away.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from zlib import crc32

from gateway.model import ApiKey, Claims, TokenRefusal

KEYS_PER_CLIENT_MAX = 2
ID_LETTERS, SECRET_LETTERS = 10, 40
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_KEY = re.compile(rb"(pak_([A-Za-z0-9]{10})_[A-Za-z0-9]{40})([0-9a-f]{8})")
_NOBODY = ApiKey("", "", bytes(32))


def new_key(letter: Callable[[str], str]) -> str:
    """A key of letters that `letter` chooses out of those given."""
    id_, secret = ("".join(letter(LETTERS) for _ in range(count)) for count in (ID_LETTERS, SECRET_LETTERS))
    text = f"pak_{id_}_{secret}"
    return f"{text}{crc32(text.encode()):08x}"


def id_of(key: str) -> str:
    """The part that finds it."""
    return key[4 : 4 + ID_LETTERS]


def digest(pepper: bytes, key: bytes) -> bytes:
    """What is kept of a key."""
    return hmac.digest(pepper, key, sha256)


def check(
    lines: list[bytes], keys: Mapping[str, ApiKey], pepper: bytes | None, now: float
) -> Claims | TokenRefusal:
    """Whose key it is; `lines` are those of the header that holds it, at least one."""
    match = _KEY.fullmatch(lines[0]) if len(lines) == 1 else None
    if match is None or match[3] != b"%08x" % crc32(match[1]):
        return _refused("the header holds no key of ours")
    if pepper is None:
        return _refused("keys are not accepted here: no pepper is set")
    key = keys.get(match[2].decode(), _NOBODY)
    if not hmac.compare_digest(digest(pepper, lines[0]), key.digest) or key is _NOBODY:
        return _refused("the key is not known")
    if key.not_after is not None and key.not_after <= now:
        return _refused("the key has expired")
    return Claims(
        key.client_id, key.client_id, key.scopes, key.key_id, key.not_after or float("inf"), 0.0,
        " ".join(sorted(key.scopes)).encode(), key.attributes,
    )  # fmt: skip


def too_many(keys: Iterable[ApiKey]) -> str | None:
    """A client that has more than two keys, or the id that two keys have."""
    clients: dict[str, int] = {}
    ids: set[str] = set()
    for key in keys:
        clients[key.client_id] = clients.get(key.client_id, 0) + 1
        if clients[key.client_id] > KEYS_PER_CLIENT_MAX:
            return f"client {key.client_id} has more than {KEYS_PER_CLIENT_MAX} keys"
        if key.key_id in ids:
            return f"two keys have the id {key.key_id}"
        ids.add(key.key_id)
    return None


def _refused(reason: str) -> TokenRefusal:
    return TokenRefusal(reason, "ApiKey", "invalid_key")
