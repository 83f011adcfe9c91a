"""One free look at the back end: is this access token taken, and what is the workspace called?

`GET {base}/wham/accounts/check` is what Codex itself asks before each session; it spends no quota
and presents no refresh token. Where its answer names no workspace, `GET {base}/accounts` does.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import httpx

from core.domain.credentials import Grant

LOOK_S = 10.0
"""How long the whole look may take, in seconds."""
_LARGEST = 1024 * 1024

type Connect = Callable[[], httpx.AsyncClient]
"""Makes a client with the program's egress proxy, authorities and user agent."""


class Standing(StrEnum):
    """What the back end makes of a token."""

    TAKEN = "taken"
    REFUSED = "refused"
    """401: revoked, or its sign-in was ended."""
    RUN_OUT = "run_out"
    """401 `token_expired`: refreshing helps."""
    UNKNOWN = "unknown"
    """It could not be asked, or said nothing about the token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen; `workspace_name` is empty when nobody said it."""

    standing: Standing
    workspace_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A workspace that a user belongs to; `name` is empty when the back end says none."""

    id: str
    name: str


async def list_workspaces(
    connect: Connect, base_url: str, grant: Grant
) -> tuple[Workspace, ...] | None:
    """The workspaces of a login’s user, each once; None when the back end does not say."""
    headers = _headers(grant)
    try:
        async with asyncio.timeout(LOOK_S), connect() as client:
            status, body = await _get(client, f"{base_url}/accounts", headers)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
        return None
    return workspaces_in(body) if status == 200 else None


def workspaces_in(body: bytes) -> tuple[Workspace, ...]:
    """The workspaces that the endpoint’s answer names, in its order."""
    found: dict[str, Workspace] = {}
    for entry in _entries(_mapping(_parsed(body)).get("items")):
        id_, name = entry.get("id"), entry.get("name")
        if isinstance(id_, str) and id_.isprintable() and id_:
            known = name if isinstance(name, str) and name.isprintable() else ""
            found.setdefault(id_, Workspace(id=id_, name=known))
    return tuple(found.values())


async def look(connect: Connect, base_url: str, grant: Grant) -> Look:
    """Ask once. Whatever goes wrong on the way is `UNKNOWN` and no error."""
    headers = _headers(grant)
    try:
        async with asyncio.timeout(LOOK_S), connect() as client:
            status, body = await _get(client, f"{base_url}/wham/accounts/check", headers)
            if status != 200:
                return Look(standing=standing_of(status, body))
            name = workspace_name_in(body, grant.workspace)
            if not name:
                status, body = await _get(client, f"{base_url}/accounts", headers)
                name = workspace_name_in(body, grant.workspace) if status == 200 else ""
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
        return Look(standing=Standing.UNKNOWN)
    return Look(standing=Standing.TAKEN, workspace_name=name)


def standing_of(status: int, body: bytes) -> Standing:
    """What an answer says about the token; only a 401 says anything against it."""
    if status == 200:
        return Standing.TAKEN
    if status != 401:
        return Standing.UNKNOWN
    error = _mapping(_mapping(_parsed(body)).get("error"))
    return Standing.RUN_OUT if error.get("code") == "token_expired" else Standing.REFUSED


def workspace_name_in(body: bytes, workspace: str) -> str:
    """The name beside `workspace` in either endpoint's answer; empty when there is none."""
    answer = _mapping(_parsed(body))
    for key in ("accounts", "items"):
        for entry in _entries(answer.get(key)):
            name = entry.get("name")
            if entry.get("id") == workspace and isinstance(name, str) and name.isprintable():
                return name
    return ""


def _headers(grant: Grant) -> dict[str, str]:
    return {**grant.fields(), "accept": "application/json"}


async def _get(
    client: httpx.AsyncClient, url: str, headers: Mapping[str, str]
) -> tuple[int, bytes]:
    """Status and at most 1 MiB of the body."""
    body = bytearray()
    async with client.stream("GET", url, headers=headers, timeout=LOOK_S) as response:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _LARGEST:
                break
        return response.status_code, bytes(body)


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _entries(value: object) -> Iterable[Mapping[str, object]]:
    if isinstance(value, dict):
        value = list(value.values())  # some versions key the entries by id
    return [_mapping(entry) for entry in value] if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}
