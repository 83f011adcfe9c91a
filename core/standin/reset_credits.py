"""Reset credits: each empties an account's windows once (PROTOCOL §5). Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from core.standin.world import Account, ResetCredit, emptied

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Code(StrEnum):
    """What became of a redemption."""

    RESET = "reset"
    NOTHING_TO_RESET = "nothing_to_reset"
    NO_CREDIT = "no_credit"
    ALREADY_REDEEMED = "already_redeemed"


class Redeemed(NamedTuple):
    """The account after a redemption, and what is said about it."""

    account: Account
    code: Code
    windows_reset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """A request to redeem.

    Attributes:
        request_id: the client's own; the same one again redeems nothing more.
        credit_id: None takes the one that expires first.
    """

    request_id: str
    credit_id: str | None


def parse(body: object) -> Redemption | str:
    """The request in a JSON body, or the sentence that says what is wrong with it."""
    if not isinstance(body, Mapping) or not body.keys() <= {"redeem_request_id", "credit_id"}:
        return "consume takes redeem_request_id and credit_id"
    request_id, credit_id = body.get("redeem_request_id"), body.get("credit_id")
    if not isinstance(request_id, str) or not _UUID4.fullmatch(request_id):
        return "redeem_request_id must be a UUID of version 4"
    if credit_id is not None and not isinstance(credit_id, str):
        return "credit_id must be a string"
    return Redemption(request_id=request_id, credit_id=credit_id)


def available(account: Account, now: datetime) -> tuple[ResetCredit, ...]:
    """The credits that can be redeemed, the soonest expiry first."""
    good = (one for one in account.reset_credits if one.status(now) == "available")
    return tuple(sorted(good, key=lambda one: one.expires_at))


def redeem(account: Account, redemption: Redemption, now: datetime) -> Redeemed:
    """Spend a credit, unless this request has spent one, or there is nothing to spend it on."""
    if any(one.redeem_request_id == redemption.request_id for one in account.reset_credits):
        return Redeemed(account, Code.ALREADY_REDEEMED)
    wanted = redemption.credit_id
    fitting = (one for one in available(account, now) if wanted in (None, one.credit_id))
    credit = next(fitting, None)
    if credit is None:
        return Redeemed(account, Code.NO_CREDIT)
    used = [one for one in (account.primary, account.secondary) if one and one.used_percent]
    if not used:
        return Redeemed(account, Code.NOTHING_TO_RESET)
    spent = replace(credit, redeemed_at=now, redeem_request_id=redemption.request_id)
    after = replace(
        emptied(account),
        reset_credits=tuple(spent if one is credit else one for one in account.reset_credits),
    )
    return Redeemed(after, Code.RESET, len(used))


def listing(account: Account, now: datetime) -> dict[str, Any]:
    """The body of `GET …/wham/rate-limit-reset-credits`."""
    return {
        "credits": [
            {
                "id": one.credit_id,
                "reset_type": "codex_rate_limits",
                "status": one.status(now),
                "title": one.title,
                "granted_at": one.granted_at.isoformat(),
                "expires_at": one.expires_at.isoformat(),
                "redeemed_at": one.redeemed_at and one.redeemed_at.isoformat(),
            }
            for one in account.reset_credits
        ],
        "available_count": len(available(account, now)),
    }
