"""Signing in as a program and a person do it together: the addresses and forms of each side."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from core.standin.authorization import SCOPE, challenge_of
from core.standin.people import CLIENT_ID, PASSWORD
from core.standin.server import StandIn

VERIFIER = "fake-verifier-of-one-sign-in-that-is-long-enough-for-the-standard"
STATE = "fake-state-of-one-sign-in-43-characters-long"
REDIRECT = "http://127.0.0.1:1455/auth/callback"


def asked(**changed: str | None) -> dict[str, str]:
    """The parameters of a good request, in order; None leaves one out, new ones come last."""
    fields: dict[str, str | None] = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        "state": STATE,
        "scope": SCOPE,
        "id_token_add_organizations": "true",
        "codex_cli_simplified_flow": "true",
        "originator": "codex_cli_rs",
        **changed,
    }
    return {name: value for name, value in fields.items() if value is not None}


class Browser:
    """A person in front of the issuer's pages."""

    def __init__(self, back_end: StandIn, http: httpx.AsyncClient) -> None:
        self.back_end = back_end
        self.http = http

    def address(self, **changed: str | None) -> str:
        return f"{self.back_end.auth_url}/oauth/authorize?{urlencode(asked(**changed))}"

    async def open(self, **changed: str | None) -> httpx.Response:
        # What browsers send and programs must not.
        headers = {"accept-language": "en", "sec-fetch-mode": "navigate"}
        return await self.http.get(self.address(**changed), headers=headers)

    async def sign_in(
        self, user: str, *, form: dict[str, str] | None = None, **changed: str | None
    ) -> httpx.Response:
        fields = {"user": user, "password": PASSWORD, **(form or {})}
        headers = {"origin": self.back_end.auth_url, "referer": self.back_end.auth_url}
        return await self.http.post(self.address(**changed), data=fields, headers=headers)

    async def redeem(self, code: str, **changed: str) -> httpx.Response:
        fields = {
            "grant_type": "authorization_code",
            "client_id": CLIENT_ID,
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
            **changed,
        }
        return await self.http.post(f"{self.back_end.auth_url}/oauth/token", data=fields)

    async def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return await self.http.post(f"{self.back_end.auth_url}{path}", json=body)


def arrived(reply: httpx.Response) -> dict[str, str]:
    """What the browser brings to the program's own address."""
    assert reply.status_code == 302
    location = urlsplit(reply.headers["location"])
    assert location._replace(query="").geturl() == REDIRECT
    return {name: values[0] for name, values in parse_qs(location.query).items()}
