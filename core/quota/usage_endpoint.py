"""One question to the usage endpoint, and what its answer means. It spends no quota.

`GET {base}/wham/usage` with the account's token and workspace (PROTOCOL §5). 403 with a web page is
the network in front of the back end, and says nothing about the account.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from core.domain.credentials import Grant
from core.domain.outcome import GONE_CODES
from core.domain.quota import Quota
from core.quota.parse import quota_from_usage

if TYPE_CHECKING:
    import httpx  # slow to import: whoever made the client has done so, in a thread

ASK_S = 15.0
"""How long one question may take, in seconds."""
_LARGEST = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """It answered; `quota` is empty where it said nothing of limits."""

    quota: Quota


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """401, or there is no token to ask with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfService:
    """402, or a 403 that names it: the account or its workspace is gone."""

    status: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedAway:
    """429, or the CDN's challenge: the endpoint wants to be left alone for a while."""

    retry_after_s: float | None
    challenged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """It could not be asked, or said nothing that can be read. `detail` holds no secret."""

    detail: str


type Answer = Told | NotTaken | OutOfService | TurnedAway | NoAnswer


async def ask(client: "httpx.AsyncClient", base_url: str, grant: Grant, *, now: datetime) -> Answer:
    """Ask once; whatever goes wrong on the way is a value.

    Args:
        client: with the program's egress proxy, authorities and user agent.
        base_url: e.g. `https://chatgpt.com/backend-api`.
        grant: whose numbers.
        now: dates the numbers.
    """
    import httpx

    headers = {
        "authorization": f"Bearer {grant.access_token}",
        "chatgpt-account-id": grant.workspace,
        "accept": "application/json",
    }
    if grant.fedramp:
        headers["x-openai-fedramp"] = "true"
    try:
        async with asyncio.timeout(ASK_S):
            async with client.stream("GET", f"{base_url}/wham/usage", headers=headers) as response:
                body = await _read(response)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        return NoAnswer(detail=type(error).__name__)
    kind = response.headers.get("content-type", "")
    retry_after = response.headers.get("retry-after", "")
    return meaning(response.status_code, kind, body, retry_after=retry_after, now=now)


def meaning(status: int, kind: str, body: bytes, *, retry_after: str, now: datetime) -> Answer:
    """What an answer of the endpoint means.

    Args:
        status: its status code.
        kind: its `content-type`.
        body: at most 1 MiB of it.
        retry_after: `Retry-After` as it came; empty for none. A date counts as none.
        now: dates the numbers.
    """
    document = _document(body)
    codes = _codes(document)
    match status:
        case 200 if document is not None:
            return Told(quota=quota_from_usage(document, now=now) or Quota())
        case 401:
            return NotTaken()
        case 402:
            return OutOfService(status=402, code=codes[0] if codes else "")
        case 403 if any(code in GONE_CODES for code in codes):
            return OutOfService(status=403, code=next(c for c in codes if c in GONE_CODES))
        case 403 if "html" in kind.lower():
            return TurnedAway(retry_after_s=None, challenged=True)
        case 429:
            waits = float(retry_after) if retry_after.isdecimal() else None
            return TurnedAway(retry_after_s=waits, challenged=False)
        case _:
            return NoAnswer(detail=f"status {status}")


async def _read(response: "httpx.Response") -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _LARGEST:
            break
    return bytes(body)


def _document(body: bytes) -> Mapping[str, object] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return cast("Mapping[str, object]", found) if isinstance(found, dict) else None


def _codes(document: Mapping[str, object] | None) -> tuple[str, ...]:
    """The words that may name what happened, wherever the back end puts them."""
    if document is None:
        return ()
    places = (document, document.get("error"), document.get("detail"))
    mappings = (place for place in places if isinstance(place, dict))
    words = (mapping.get(key) for mapping in mappings for key in ("code", "type"))
    return tuple(word for word in words if isinstance(word, str))
