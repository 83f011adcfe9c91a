"""Reset credits of one account: listed, and redeemed one by one at the user's word.

`GET {base}/wham/rate-limit-reset-credits` lists them; `POST …/consume {credit_id,
redeem_request_id}` spends one (PROTOCOL §5). Each redemption has an id of its own and names its
credit: the same question asked again after a silence can spend nothing twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from core.domain.credentials import Grant
from core.domain.reset_credit import Redemption, ResetCredit
from core.quota.back_end import NoAnswer, Refused, call, document_in, refusal

if TYPE_CHECKING:
    import httpx

_PATH = "/wham/rate-limit-reset-credits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What the account has, in the back end's order."""

    credits: tuple[ResetCredit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """What became of a redemption; None where it used a word that is not known."""

    code: Redemption | None


async def list_credits(
    client: "httpx.AsyncClient", base_url: str, grant: Grant
) -> Listed | Refused:
    """Ask which credits there are; nothing is spent."""
    reply = await call(client, "GET", f"{base_url}{_PATH}", grant)
    if isinstance(reply, NoAnswer):
        return reply
    document = document_in(reply.body)
    if reply.status == 200 and document is not None:
        return Listed(credits=credits_in(document))
    return refusal(reply)


async def redeem(
    client: "httpx.AsyncClient", base_url: str, grant: Grant, *, credit_id: str, request_id: str
) -> Redeemed | Refused:
    """Spend this credit; after a silence it is asked once more, by the same id.

    That the second question finds it redeemed already is the first one's doing.

    Args:
        client: as for `list_credits`.
        base_url: e.g. `https://chatgpt.com/backend-api`.
        grant: whose credit.
        credit_id: which one.
        request_id: a UUID of version 4, this redemption's own.
    """
    url = f"{base_url}{_PATH}/consume"
    body = {"credit_id": credit_id, "redeem_request_id": request_id}
    reply = await call(client, "POST", url, grant, body=body)
    again = isinstance(reply, NoAnswer)
    if again:
        reply = await call(client, "POST", url, grant, body=body)
    if isinstance(reply, NoAnswer):
        return reply
    document = document_in(reply.body)
    if reply.status == 200 and document is not None:
        code = _code(document)
        ours = again and code is Redemption.ALREADY_REDEEMED
        return Redeemed(code=Redemption.RESET if ours else code)
    return refusal(reply)


def credits_in(document: Mapping[str, object]) -> tuple[ResetCredit, ...]:
    """The credits that can be read; one without an id is passed over."""
    found = document.get("credits")
    entries = found if isinstance(found, list) else []
    read = (_credit(cast("Mapping[str, object]", e)) for e in entries if isinstance(e, dict))
    return tuple(one for one in read if one.id)


def _credit(entry: Mapping[str, object]) -> ResetCredit:
    return ResetCredit(
        id=_text(entry, "id"),
        status=_text(entry, "status"),
        title=_text(entry, "title"),
        granted_at=_moment(entry.get("granted_at")),
        expires_at=_moment(entry.get("expires_at")),
    )


def _code(document: Mapping[str, object]) -> Redemption | None:
    try:
        return Redemption(_text(document, "code"))
    except ValueError:
        return None


def _text(fields: Mapping[str, object], key: str) -> str:
    found = fields.get(key)
    return found if isinstance(found, str) else ""


def _moment(found: object) -> datetime | None:
    """An RFC 3339 text; a time without a zone is taken as UTC."""
    if not isinstance(found, str):
        return None
    try:
        moment = datetime.fromisoformat(found)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
