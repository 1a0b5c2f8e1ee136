"""People with a browser, for tests of the portal."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from tests.registry.harness import RegistryUnderTest

PASSWORD = "correct horse battery"
OWN_FORM = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Reader:
    """Somebody with a browser that keeps the cookie."""

    registry: RegistryUnderTest
    cookie: str | None = None

    def get(self, path: str) -> httpx.Response:
        headers = {"Cookie": self.cookie} if self.cookie else {}
        return self.registry.send("GET", path, headers=headers)

    def post(self, path: str, headers: dict[str, str] = OWN_FORM, **form: str) -> httpx.Response:
        sent = headers | ({"Cookie": self.cookie} if self.cookie else {})
        answer = self.registry.send("POST", path, headers=sent, data=form)
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
        return answer

    def sign_in(self, name: str = "anna", password: str = PASSWORD, **form: str) -> httpx.Response:
        return self.post("/portal/sign-in", name=name, password=password, **form)
