"""One question to the usage endpoint, and what its answer means. It spends no quota.

`GET {base}/wham/usage` with the account's token and workspace (PROTOCOL §5). 403 with a web page is
the network in front of the back end, and says nothing about the account.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from core.domain.credentials import Grant
from core.domain.quota import Quota
from core.quota.back_end import (
    NoAnswer,
    NotTaken,
    OutOfService,
    Refused,
    Reply,
    TurnedAway,
    call,
    document_in,
    refusal,
)
from core.quota.parse import quota_from_usage
from core.quota.unread import unread_in_document

if TYPE_CHECKING:
    import httpx

__all__ = ["Answer", "NoAnswer", "NotTaken", "OutOfService", "Told", "TurnedAway", "ask", "meaning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """It answered; `quota` is empty where it said nothing of limits.

    Attributes:
        quota: what could be read.
        unread: the parts that could not, by their paths.
    """

    quota: Quota
    unread: tuple[str, ...] = ()


type Answer = Told | Refused


async def ask(client: "httpx.AsyncClient", base_url: str, grant: Grant, *, now: datetime) -> Answer:
    """Ask once; whatever goes wrong on the way is a value.

    Args:
        client: with the program's egress proxy, authorities and user agent.
        base_url: e.g. `https://chatgpt.com/backend-api`.
        grant: whose numbers.
        now: dates the numbers.
    """
    reply = await call(client, "GET", f"{base_url}/wham/usage", grant)
    return reply if isinstance(reply, NoAnswer) else meaning(reply, now=now)


def meaning(reply: Reply, *, now: datetime) -> Answer:
    """What an answer of the endpoint means; `now` dates the numbers."""
    document = document_in(reply.body)
    if reply.status == 200 and document is not None:
        quota = quota_from_usage(document, now=now) or Quota()
        return Told(quota=quota, unread=unread_in_document(document, now=now))
    return refusal(reply)
