"""Sends one form to the issuer, and tells apart what was certainly not sent."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.oauth.protocol import Form

if TYPE_CHECKING:
    import httpx

ANSWER_S = 30.0
"""How long the issuer may take, in seconds."""
_LARGEST = 1024 * 1024


class NotSentError(Exception):
    """Nothing of the form has left this machine; `code` says why."""

    def __init__(self, code: str) -> None:
        """`code` is a word for logs."""
        super().__init__(code)
        self.code = code


class NoAnswerError(Exception):
    """The form may have arrived, and no whole answer came; `code` says what failed."""

    def __init__(self, code: str) -> None:
        """`code` is a word for logs."""
        super().__init__(code)
        self.code = code


async def post(
    connect: "Callable[[], httpx.AsyncClient]", auth_url: str, form: Form
) -> tuple[int, bytes]:
    """Status and body (at most 1 MiB of it) of the issuer's answer.

    Raises:
        NotSentError: no connection was made.
        NoAnswerError: something failed after that, or nothing came within `ANSWER_S`.
    """
    import httpx

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
        code = type(error).__name__
        if isinstance(error, TimeoutError):  # asyncio's own, which is an OSError since 3.11
            raise NoAnswerError(code) from None
        raise NotSentError(code) from None
    except httpx.HTTPError as error:
        raise NoAnswerError(type(error).__name__) from None
