"""The command line's way to a registry: OAuth 2 client credentials and JSON over HTTP."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from pactolus.errors import RegistryRefused, RegistryUnreachable
from specs.model import Contract

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 120.0  # judging two documents of many megabytes takes seconds
TOKEN_MARGIN_S = 30.0


class RegistryClient:
    """One principal at one registry. Every refusal is ``RegistryRefused`` with its problem details."""

    def __init__(self, url: str, client_id: str, client_secret: str, scope: str) -> None:
        import httpx  # a third of the start of a command, and most never call a registry

        self._http = httpx.Client(base_url=url.rstrip("/"), timeout=TIMEOUT_S)
        self._url = url
        self._credentials = (client_id, client_secret)
        self._scope = scope
        self._token = ""
        self._token_ends = 0.0
        self.last_status = 0
        self.last_headers: Mapping[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def publish(self, name: str, contract: Contract, *, dry_run: bool = False) -> dict[str, Any]:
        """Publishes the contract with the documents it refers to; answers the version."""
        return self.publish_text(name, **publication(contract), dry_run=dry_run)

    def publish_text(
        self,
        name: str,
        document: Mapping[str, str],
        references: list[dict[str, str]],
        *,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Publishes ``{"uri", "content"}`` of a document and of those it refers to."""
        return self.call(
            "POST",
            f"/registry/v1/contracts/{quote(name)}/versions",
            {"document": dict(document), "references": references},
            params={"dryRun": "true"} if dry_run else None,
        )

    def publish_all(self, contracts: Sequence[Contract], *, dry_run: bool = False) -> dict[str, Any]:
        """Publishes all of them or none; each text is sent once."""
        bodies = [publication(contract) for contract in contracts]
        texts = {one["uri"]: one for body in bodies for one in (body["document"], *body["references"])}
        asked = [
            {
                "document": body["document"]["uri"],
                "references": [one["uri"] for one in body["references"]],
            }
            for body in bodies
        ]
        return self.call(
            "POST",
            "/registry/v1/publications",
            {"documents": list(texts.values()), "publications": asked},
            params={"dryRun": "true"} if dry_run else None,
        )

    def version(self, name: str, version: str) -> dict[str, Any]:
        """A published version, with the digests of its ``document`` and ``references``."""
        return self.call("GET", f"/registry/v1/contracts/{quote(name)}/versions/{quote(version)}")

    def document(self, sha256: str) -> bytes:
        """The exact bytes of a document by their digest."""
        return self.content(f"/registry/v1/documents/{quote(sha256)}")

    def content(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        """What the registry answers to a GET, as it came."""
        return self._answered("GET", path, params=params).content

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """One call to the registry; the JSON object it answers, or an empty one."""
        response = self._answered(method, path, json=body, params=params, headers=headers)
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer

    def access_token(self) -> str:
        """A token that is good for a while yet, fetched when there is none."""
        if time.monotonic() < self._token_ends:
            return self._token
        data = {"grant_type": "client_credentials"} | ({"scope": self._scope} if self._scope else {})
        response = self._send("POST", "/oauth/token", data=data, auth=self._credentials)
        if response.is_error:
            raise RegistryRefused(response.status_code, _problem(response))
        answer = response.json()
        self._token = str(answer["access_token"])
        self._token_ends = time.monotonic() + float(answer["expires_in"]) - TOKEN_MARGIN_S
        return self._token

    def _answered(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        sent = {**(headers or {}), "Authorization": f"Bearer {self.access_token()}"}
        response = self._send(method, path, headers=sent, **options)
        self.last_status, self.last_headers = response.status_code, response.headers
        if response.is_error:
            raise RegistryRefused(response.status_code, _problem(response))
        return response

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        import httpx

        try:
            return self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise RegistryUnreachable(
                f"no answer from the registry at {self._url}: {error}",
                "start it with `pactolus registry serve`, or give its address with --registry",
            ) from error


def publication(contract: Contract) -> dict[str, Any]:
    """The body of a publication: the author's exact text of the document and of its references."""
    return {
        "document": {"uri": contract.document.uri, "content": contract.document.raw.decode("utf-8")},
        "references": [
            {"uri": uri, "content": document.raw.decode("utf-8")}
            for uri, document in sorted(contract.documents.items())
            if uri != contract.document.uri
        ],
    }


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {"code": "not_a_registry", "detail": "the answer is not JSON; is this the registry's address?"}
    if isinstance(body, dict) and "error" in body and "code" not in body:  # RFC 6749 section 5.2
        return {"code": body["error"], "detail": body.get("error_description", "")}
    return body if isinstance(body, dict) else {}
