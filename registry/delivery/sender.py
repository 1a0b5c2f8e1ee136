"""Sends one signed request to an address that was checked, and reads the beginning of the answer."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor

import httpx

from registry.config import WebhookPolicy
from registry.delivery.targets import Network, checked, literal_address, target_of
from registry.errors import Invalid
from registry.usecases.deliveries import Answer

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, in the order to try them; raises `OSError`."""
USER_AGENT = "pactolus-webhooks/1"
MEDIA_TYPE = "application/cloudevents+json; charset=utf-8"
NOT_READABLE = str.maketrans({"\x00": "\N{REPLACEMENT CHARACTER}"})


def system_resolver(executor: Executor) -> Resolver:
    """The system's look-up, in threads of its own: a name server that hangs holds up nothing else."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            executor, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(entry[4][0]) for entry in found]

    return resolve


class Sender:
    """Sends; holds no connection open, since two names at one address are not each other's certificate."""

    def __init__(self, policy: WebhookPolicy, allowed: Sequence[Network], resolve: Resolver) -> None:
        self._policy = policy
        self._allowed = allowed
        self._resolve = resolve
        self._client = httpx.AsyncClient(
            verify=httpx.create_ssl_context(),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(policy.timeout_s, connect=policy.connect_timeout_s),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer, or why there is none; never raises for what the other side does."""
        started = time.monotonic()
        status: int | None = None
        excerpt, error = "", None
        try:
            async with asyncio.timeout(self._policy.timeout_s):
                request = await self._request(url, headers, body)
                response = await self._client.send(request, stream=True)
                status = response.status_code
                try:
                    excerpt = await self._beginning(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            error = f"No whole answer within {self._policy.timeout_s:g} s."
        except Invalid as refusal:
            error = refusal.detail
        except (OSError, UnicodeError) as failure:
            error = f"The name cannot be looked up: {failure}."
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            error = f"{type(failure).__name__}: {failure}"
        # A time-out after the status line is a failure: nothing says that the event was taken.
        status = None if error else status
        return Answer(status, round((time.monotonic() - started) * 1000), readable(error), excerpt)

    async def _request(self, url: str, headers: Mapping[str, str], body: bytes) -> httpx.Request:
        """To the address that was checked, with the name in Host and in TLS."""
        target_of(url, self._allowed)
        named = httpx.URL(url)
        host = named.raw_host.decode("ascii")
        port = named.port or (443 if named.scheme == "https" else 80)
        literal = literal_address(host)
        addresses = [str(literal)] if literal else await self._resolve(host, port)
        address = checked(addresses, named.scheme, self._allowed)
        return self._client.build_request(
            "POST",
            named.copy_with(host=str(address)),
            content=body,
            headers={
                **headers,
                "Host": named.netloc.decode("ascii"),
                "Content-Type": MEDIA_TYPE,
                "User-Agent": USER_AGENT,
                "Accept-Encoding": "identity",
            },
            extensions={"sni_hostname": host, "timeout": self._client.timeout.as_dict()},
        )

    async def _beginning(self, response: httpx.Response) -> str:
        """As much of the body as is kept; what comes after is not read, and nothing is unpacked."""
        most, read = self._policy.answer_bytes_read_max, b""
        async for chunk in response.aiter_raw(most):
            read += chunk
            if len(read) >= most:
                break
        return read[:most].decode("utf-8", "replace").translate(NOT_READABLE)

    async def close(self) -> None:
        """Ends it."""
        await self._client.aclose()


def readable(error: str | None) -> str | None:
    """A short text that every database takes."""
    if error is None:
        return None
    return error.encode("utf-8", "replace").decode("utf-8").translate(NOT_READABLE)[:500]
