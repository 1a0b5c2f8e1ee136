"""The values that pass through the gateway: what is asked and answered, who asks, what the registry says.

Nothing here does anything; the plan, the policies and the edges share these words. What is made anew for each
request is a named tuple: a frozen dataclass takes three times as long to make.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

Headers = Sequence[tuple[bytes, bytes]]
"""Header lines in the order sent; names in lower case, repeated names kept apart."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A named quota (draft-ietf-httpapi-ratelimit-headers-11 section 3): `quota` units may be used at once.

    They come back evenly over `window_s`; places (`concurrent-requests`) have no window, each comes back when
    its exchange ends. `counter` names what is counted together: limits with one counter share their state.
    """

    name: str
    quota: int
    window_s: float = 0.0
    unit: str = "requests"
    counter: str = ""


@dataclass(frozen=True, slots=True)
class ThrottlingPlan:
    """What a consumer bought: a sustained rate and how many calls may come at once on top of nothing.

    `limits` are by throttling class, and hold together; a class that is not there has the rate alone.
    """

    requests_per_second: float
    burst: int
    limits: Mapping[str, tuple[Limit, ...]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Consumer:
    """An application that calls; `layer` decides which layers it may call."""

    name: str
    owner: str
    layer: str
    plan: ThrottlingPlan
    client_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """State of one major version; instants are Unix seconds."""

    state: str = "published"
    deprecated_at: int | None = None
    sunset_at: int | None = None
    successor: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A document by the address other documents call it by and the sha256 (hex) of its bytes."""

    uri: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ContractRecord:
    """One contract in force: the highest version of one major."""

    name: str
    kind: str
    version: str
    major: int
    layer: str
    owner: str
    document: DocumentRef
    references: tuple[DocumentRef, ...] = ()
    lifecycle: Lifecycle = Lifecycle()
    api_id: str = ""
    domain: str = ""
    attestation: Mapping[str, Any] | None = None
    """What the registry signed about it: a DSSE envelope; a folder gives none."""

    @property
    def key(self) -> str:
        """`name.v<major>`: the name under which upstreams are configured."""
        return f"{self.name}.v{self.major}"

    @property
    def documents(self) -> tuple[DocumentRef, ...]:
        """Its own document, and those that it refers to."""
        return (self.document, *self.references)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs the tokens: `jwks` are keys given directly, `jwks_uri` where they are published."""

    issuer: str
    jwks_uri: str | None = None
    jwks: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key of a client: `digest` is the HMAC-SHA256 of the whole key under the pepper.

    `attributes` are claims that stand for the client as those of a token would; `not_after` Unix seconds.
    """

    key_id: str
    client_id: str
    digest: bytes = field(repr=False)
    scopes: frozenset[str] = frozenset()
    attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    not_after: float | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is in force at one moment, as the registry tells it (`GET /registry/v1/snapshot`)."""

    revision: str
    issuer: Issuer
    contracts: tuple[ContractRecord, ...]
    consumers: tuple[Consumer, ...]
    revoked: frozenset[str] = frozenset()
    problems: Mapping[str, str] = field(default_factory=dict)
    """What the source holds and could not read, by its name there; what it held before stays in force."""
    api_keys: tuple[ApiKey, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """What the last good plan was made of: enough to make it again without its source.

    `snapshot` holds the contracts that were enforced, `keys` the issuer's published keys (RFC 7517), and
    `taken_at` is when the plan came into force (Unix seconds).
    """

    snapshot: Snapshot
    keys: Mapping[str, Any] | None
    taken_at: float


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a message is off contract; `where` is path, query, header, cookie or body."""

    where: str
    pointer: str
    code: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """The entry of `errors` in the problem details."""
        return {"in": self.where, "pointer": self.pointer, "code": self.code, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Reject:
    """The gateway's own answer: a code of the catalogue in `errors.py` and what happened this time."""

    code: str
    detail: str
    violations: tuple[Violation, ...] = ()
    headers: tuple[tuple[bytes, bytes], ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a token is bound to (`cnf`): thumbprints of a key (RFC 9449) and of a certificate (RFC 8705)."""

    key: str | None = None
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """The verified content of an access token (RFC 9068 section 2.2); `scope_line` is `scopes` as text.

    `attributes` are the claims that are a text or a list of texts, by name. Other credentials are told in the
    same words.
    """

    client_id: str
    subject: str
    scopes: frozenset[str]
    token_id: str
    expires_at: float
    not_before: float
    scope_line: bytes = b""
    attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    confirmation: Confirmation | None = None


@dataclass(frozen=True, slots=True)
class TokenRefusal:
    """Why a credential is not accepted: said to the caller in `error_description`, so it names no secret.

    `scheme` and `error` stand in the challenge, `nonce` in `DPoP-Nonce`. `unavailable`: nobody could tell.
    """

    reason: str
    scheme: str = "Bearer"
    error: str = "invalid_token"
    nonce: str | None = None
    unavailable: bool = False


class Request(NamedTuple):
    """The head of one request as it came: `path` and `query` undecoded."""

    method: str
    path: bytes
    query: bytes
    headers: Headers
    client: str = ""


class AnswerStream(Protocol):
    """A body that is passed on as it comes."""

    async def next(self) -> bytes:
        """The next part, never empty; empty at the end. Raises when it will not come whole."""

    def close(self) -> None:
        """Nobody wants the rest; called once, also after the end."""


class BodyParts(Protocol):
    """A request's body that is passed on as it comes; `bytes_total` is the length that was announced."""

    @property
    def bytes_total(self) -> int | None: ...

    async def next(self) -> bytes:
        """The next part, never empty; empty at the end. Raises when it will not come whole."""


class Answer(NamedTuple):
    """What goes back to the caller; with a `stream`, `body` is empty."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    stream: AnswerStream | None = None


class UpstreamRequest(NamedTuple):
    """What goes to the system behind; headers hold neither framing nor hop-by-hop fields.

    `keyed` says that an Idempotency-Key of the contract makes it safe to send twice. `parts` is a body passed
    on as it comes, in place of `body`. `streams` says of a status and its header lines whether the answer's
    body is passed on as it comes. `lane` is how urgent it is among those that wait, 0 the most.
    """

    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    keyed: bool = False
    parts: BodyParts | None = None
    streams: Callable[[int, Headers], bool] | None = None
    lane: int = 1


class UpstreamResponse(NamedTuple):
    """What came back from the system behind: whole, or with its body as a `stream`."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    stream: AnswerStream | None = None
