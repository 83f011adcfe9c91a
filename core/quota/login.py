"""Asking with one account's login: where tokens come from, and a newer one after a 401."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.domain.account import AccountId
from core.domain.credentials import Grant
from core.quota.back_end import NotTaken

if TYPE_CHECKING:
    import httpx

    type Question[T] = Callable[[httpx.AsyncClient, str, Grant], Awaitable[T]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How a token is come by, and a newer one after a 401."""

    authorise: Callable[[AccountId], Awaitable[Grant | None]]
    renew: Callable[[AccountId, Grant], Awaitable[bool]]


async def asked_as[T](
    account: AccountId,
    login: Login,
    question: "Question[T]",
    *,
    connect: "Callable[[], httpx.AsyncClient]",
    base_url: str,
) -> T | NotTaken:
    """What `question` says; asked once more with a newer token when it was not taken.

    Args:
        account: whose login.
        login: tokens.
        question: asks once; gets a client, the back end's address and the login.
        connect: makes a client; called in a thread, because that takes a while.
        base_url: e.g. `https://chatgpt.com/backend-api`.

    Raises:
        CoreError: no token can be had just now.
    """
    grant = await login.authorise(account)
    if grant is None:
        return NotTaken()
    async with await asyncio.to_thread(connect) as client:
        answer = await question(client, base_url, grant)
        if not isinstance(answer, NotTaken) or not await login.renew(account, grant):
            return answer
        newer = await login.authorise(account)
        return NotTaken() if newer is None else await question(client, base_url, newer)
