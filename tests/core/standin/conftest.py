"""A client that speaks to the stand-in as Codex does."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from core.standin.people import CLIENT_ID, Login
from core.standin.server import StandIn

BODY: dict[str, Any] = {
    "model": "gpt-6.1-sol",
    "stream": True,
    "store": False,
    "instructions": "",
    "input": [{"type": "message", "role": "user", "content": "hi"}],
}


class Client:
    """Sends what an official client would send for a login."""

    def __init__(self, back_end: StandIn, http: httpx.AsyncClient) -> None:
        self.back_end = back_end
        self.http = http

    @staticmethod
    def headers(login: Login) -> dict[str, str]:
        return {
            "authorization": f"Bearer {login.access_token}",
            "chatgpt-account-id": login.account_id,
        }

    async def get(self, path: str, login: Login, **headers: str) -> httpx.Response:
        url = f"{self.back_end.base_url}{path}"
        return await self.http.get(url, headers=self.headers(login) | headers)

    async def turn(
        self, login: Login, body: dict[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self.back_end.base_url}/codex/responses"
        return await self.http.post(url, json=body or BODY, headers=self.headers(login) | named)

    async def refresh(self, refresh_token: str, *, form: bool = False) -> httpx.Response:
        fields = {
            "client_id": CLIENT_ID,
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
        }
        url = f"{self.back_end.auth_url}/oauth/token"
        if form:
            return await self.http.post(url, data=fields)
        return await self.http.post(url, json=fields)


@pytest.fixture
async def client(back_end: StandIn) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
        yield Client(back_end, http)
