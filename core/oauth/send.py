"""Sends one form to the issuer, and tells apart what was certainly not sent."""

import asyncio
from collections.abc import Callable

import httpx

from core.oauth.protocol import Form

ANSWER_S = 30.0
"""How long the issuer may take, in seconds."""
_LARGEST = 1024 * 1024


class NotSentError(Exception):
    """Nothing of the form has left this machine; `code` says why."""

    def __init__(self, code: str) -> None:
        """`code` is a word for logs."""
        super().__init__(code)
        self.code = code


async def post(
    connect: Callable[[], httpx.AsyncClient], auth_url: str, form: Form
) -> tuple[int, bytes]:
    """Status and body (at most 1 MiB of it) of the issuer's answer.

    Raises:
        NotSentError: no connection was made.
        httpx.HTTPError: something failed after that; the form may have arrived.
        TimeoutError: no whole answer within `ANSWER_S`; the form may have arrived.
    """
    headers = {"content-type": form.content_type, "accept": "application/json"}
    body = bytearray()
    try:
        async with (
            asyncio.timeout(ANSWER_S),
            connect() as client,
            client.stream(
                "POST", auth_url + form.path, content=form.body, headers=headers
            ) as response,
        ):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _LARGEST:
                    break
            return response.status_code, bytes(body)
    except (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.ProxyError,
        httpx.UnsupportedProtocol,
        httpx.InvalidURL,
        OSError,  # the file of our own authorities cannot be read
    ) as error:
        if isinstance(error, TimeoutError):
            raise  # asyncio's own, which is an OSError since 3.11
        raise NotSentError(type(error).__name__) from None
