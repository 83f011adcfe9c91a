"""One question to the back end beside its model path, with one account's login. Spends no quota.

What its refusals mean is the same for every question: 401 is about the token, 402 and some 403 are
about the workspace, 429 and a web page under 403 are about the network in front of it.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from core.domain.credentials import Grant
from core.domain.outcome import GONE_CODES
from core.domain.sentence import Sentence

if TYPE_CHECKING:
    import httpx  # slow to import: whoever made the client has done so, in a thread

ASK_S = 15.0
"""How long one question may take, in seconds."""
_LARGEST = 1024 * 1024


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


type Refused = NotTaken | OutOfService | TurnedAway | NoAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back.

    Attributes:
        status: the status code.
        kind: `content-type`.
        retry_after: `Retry-After` as it came; empty for none. A date counts as none.
        body: at most 1 MiB of it.
    """

    status: int
    kind: str
    retry_after: str
    body: bytes


async def call(
    client: "httpx.AsyncClient",
    method: str,
    url: str,
    grant: Grant,
    *,
    body: Mapping[str, str] | None = None,
) -> Reply | NoAnswer:
    """Ask once; whatever goes wrong on the way is a value.

    Args:
        client: with the program's egress proxy, authorities and user agent.
        method: of HTTP.
        url: whole.
        grant: who asks.
        body: sent as JSON; None for none.
    """
    import httpx

    headers = {**grant.fields(), "accept": "application/json"}
    try:
        async with asyncio.timeout(ASK_S):
            asked = client.stream(method, url, headers=headers, json=body)
            async with asked as response:
                found = await _read(response)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        return NoAnswer(detail=type(error).__name__)
    return Reply(
        status=response.status_code,
        kind=response.headers.get("content-type", ""),
        retry_after=response.headers.get("retry-after", ""),
        body=found,
    )


def refusal(reply: Reply) -> Refused:
    """What an answer means that did not bring what was asked for."""
    codes = _codes(document_in(reply.body))
    match reply.status:
        case 401:
            return NotTaken()
        case 402:
            return OutOfService(status=402, code=codes[0] if codes else "")
        case 403 if any(code in GONE_CODES for code in codes):
            return OutOfService(status=403, code=next(c for c in codes if c in GONE_CODES))
        case 403 if "html" in reply.kind.lower():
            return TurnedAway(retry_after_s=None, challenged=True)
        case 429:
            waits = float(reply.retry_after) if reply.retry_after.isdecimal() else None
            return TurnedAway(retry_after_s=waits, challenged=False)
        case status:
            return NoAnswer(detail=Sentence("status {status}", status=status))


def document_in(body: bytes) -> Mapping[str, object] | None:
    """The JSON object; None where it is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return cast("Mapping[str, object]", found) if isinstance(found, dict) else None


async def _read(response: "httpx.Response") -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _LARGEST:
            break
    return bytes(body)


def _codes(document: Mapping[str, object] | None) -> tuple[str, ...]:
    """The words that may name what happened, wherever the back end puts them."""
    if document is None:
        return ()
    places = (document, document.get("error"), document.get("detail"))
    mappings = (place for place in places if isinstance(place, dict))
    words = (mapping.get(key) for mapping in mappings for key in ("code", "type"))
    return tuple(word for word in words if isinstance(word, str))
