"""What a member of a flexible plan may spend: a limit in credits, without windows. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

_MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """An individual limit (`spend_control.individual_limit`).

    Attributes:
        limit: credits until the reset.
        used: how many of them are gone.
        resets_at: when `used` is 0 again, every thirty days.
        tokens_per_credit: how many tokens one credit buys.
    """

    limit: float
    resets_at: datetime
    used: float = 0.0
    tokens_per_credit: int = 10_000

    @property
    def reached(self) -> bool:
        """Nothing is left before the reset."""
        return self.used >= self.limit

    @property
    def used_percent(self) -> int:
        """0–100, rounded."""
        return round(min(100.0, 100 * self.used / self.limit))


def at(spending: Spending, now: datetime) -> Spending:
    """As it stands at `now`."""
    if now < spending.resets_at:
        return spending
    months = (now - spending.resets_at) // _MONTH + 1
    return replace(spending, used=0.0, resets_at=spending.resets_at + months * _MONTH)


def spent(spending: Spending, tokens: int, now: datetime) -> Spending:
    """After `tokens` more have been used at `now`."""
    current = at(spending, now)
    return replace(current, used=current.used + tokens / current.tokens_per_credit)


def as_json(spending: Spending | None, now: datetime) -> dict[str, Any]:
    """The `spend_control` object of the usage answer: all that codex 0.169.0 insists on."""
    if spending is None:
        return {"reached": False, "individual_limit": None}
    left = max(0.0, spending.limit - spending.used)
    return {
        "reached": spending.reached,
        "individual_limit": {
            "limit": f"{spending.limit:g}",
            "used": f"{spending.used:g}",
            "remaining": f"{left:g}",
            "used_percent": spending.used_percent,
            "remaining_percent": 100 - spending.used_percent,
            "reset_after_seconds": int((spending.resets_at - now).total_seconds()),
            "reset_at": int(spending.resets_at.timestamp()),
        },
    }
