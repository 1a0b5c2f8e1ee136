"""Answers that never change, as bytes, ready to be sent; bounded, the longest unused are let go."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from starlette.types import Send

from registry.web.requests import IMMUTABLE

Headers = list[tuple[bytes, bytes]]
OVERHEAD_BYTES = 1_000
"""What an entry takes besides its body, roughly."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A body with its entity tag (in its quotes) and the headers that go with it."""

    body: bytes
    tag: bytes
    headers: tuple[tuple[bytes, bytes], ...]


def kept_answer(body: bytes, digest: str, media_type: str) -> KeptAnswer:
    """The answer whose entity tag is the digest."""
    tag = f'"{digest}"'.encode("ascii")
    headers = (
        (b"content-type", media_type.encode("ascii")),
        (b"content-length", str(len(body)).encode("ascii")),
        (b"etag", tag),
        (b"cache-control", IMMUTABLE.encode("ascii")),
        (b"x-content-type-options", b"nosniff"),
    )
    return KeptAnswer(body, tag, headers)


async def send_kept(answer: KeptAnswer, if_none_match: bytes | None, correlation: bytes, send: Send) -> None:
    """200, or 304 when the caller has it already (RFC 9110 section 13.1.2)."""
    status, headers, body = 200, [*answer.headers, (b"x-correlation-id", correlation)], answer.body
    if if_none_match is not None and matches(if_none_match, answer.tag):
        status, body = 304, b""
        headers = [pair for pair in headers if pair[0] not in (b"content-type", b"content-length")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def matches(if_none_match: bytes, tag: bytes) -> bool:
    """Whether the list of tags, compared weakly, has this one."""
    return any(one.strip().removeprefix(b"W/") in (tag, b"*") for one in if_none_match.split(b","))


class KeptAnswers:
    """By key, up to a number of bytes."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._answers: OrderedDict[str, KeptAnswer] = OrderedDict()

    def get(self, key: str) -> KeptAnswer | None:
        """The answer, now the last to be let go."""
        found = self._answers.get(key)
        if found is not None:
            self._answers.move_to_end(key)
        return found

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """Keeps it unless it alone is more than a tenth of what is kept."""
        size = len(answer.body) + OVERHEAD_BYTES
        if size * 10 > self._bytes_max or key in self._answers:
            return
        self._answers[key] = answer
        self._bytes += size
        while self._bytes > self._bytes_max:
            _, gone = self._answers.popitem(last=False)
            self._bytes -= len(gone.body) + OVERHEAD_BYTES

    def clear(self) -> None:
        """Lets all go."""
        self._answers.clear()
        self._bytes = 0
