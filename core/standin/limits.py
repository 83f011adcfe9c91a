"""How an account's limits look on the wire: response headers, the stream event, the usage answer.

PROTOCOL §5. Pure: an account brought to `now` in, bytes and JSON values out.
"""

from datetime import datetime
from typing import Any

from core.standin import reset_credits, spending
from core.standin.meters import Window
from core.standin.world import Account, Credits, ExtraLimit, blocked_until, extra_limit

Headers = tuple[tuple[bytes, bytes], ...]


def headers(account: Account, model: str, now: datetime) -> Headers:
    """The `x-codex-…` fields of a response for `model`."""
    limit = extra_limit(account, model)
    fields: list[tuple[str, str]] = [
        ("x-codex-active-limit", limit.limit_id if limit else "codex"),
        ("x-codex-plan-type", account.person.plan),
        *_window_fields("x-codex-primary", account.primary, now),
        *_window_fields("x-codex-secondary", account.secondary, now),
        ("x-codex-primary-over-secondary-limit-percent", "0"),
        ("x-codex-credits-has-credits", str(account.credits.has)),
        ("x-codex-credits-unlimited", str(account.credits.unlimited)),
        ("x-codex-credits-balance", account.credits.balance),
    ]
    for extra in account.extra:
        prefix = f"x-{extra.limit_id.replace('_', '-')}"
        fields += [
            (f"{prefix}-limit-name", extra.name),
            *_window_fields(f"{prefix}-primary", extra.primary, now),
            *_window_fields(f"{prefix}-secondary", extra.secondary, now),
        ]
    if (reached := _reached_type(account, model)) is not None:
        fields.append(("x-codex-rate-limit-reached-type", reached))
    return tuple((name.encode(), value.encode()) for name, value in fields)


def event(account: Account, model: str, now: datetime) -> dict[str, Any]:
    """The `codex.rate_limits` event that precedes `response.created`."""
    limit = extra_limit(account, model)
    primary, secondary = (
        (limit.primary, limit.secondary) if limit else (account.primary, account.secondary)
    )
    blocked = blocked_until(account, model) is not None
    return {
        "type": "codex.rate_limits",
        "plan_type": account.person.plan,
        "rate_limits": {
            "allowed": not blocked,
            "limit_reached": blocked,
            "primary": _event_window(primary, now),
            "secondary": _event_window(secondary, now),
        },
        "credits": _credits(account.credits),
        "metered_limit_name": limit.limit_id if limit else "codex",
        "limit_name": limit.name if limit else None,
    }


def usage(account: Account, now: datetime) -> dict[str, Any]:
    """The body of `GET /backend-api/wham/usage`."""
    blocked = blocked_until(account, "") is not None
    reached = _reached_type(account, "")
    windows = (account.primary, account.secondary)
    flexible = account.spending is not None and windows == (None, None)
    return {
        "user_id": account.person.user_id,
        "account_id": account.person.account_id,
        "email": account.person.email,
        "plan_type": account.person.plan,
        "rate_limit": None if flexible else _rate_limit(*windows, now, blocked=blocked),
        "code_review_rate_limit": None,
        "additional_rate_limits": [_additional(limit, now) for limit in account.extra] or None,
        "credits": _credits(account.credits),
        "spend_control": spending.as_json(account.spending, now),
        "rate_limit_reached_type": {"type": reached} if reached else None,
        "rate_limit_reset_credits": {"available_count": len(reset_credits.available(account, now))},
        "model_usage": None,
        "promo": None,
    }


def _reached_type(account: Account, model: str) -> str | None:
    """Which kind of limit stops the account, if one does."""
    if blocked_until(account, model) is None:
        return None
    over = account.spending is not None and account.spending.reached
    return "workspace_member_usage_limit_reached" if over else "rate_limit_reached"


def _resets_at(window: Window, now: datetime) -> datetime:
    """A window that has not begun is reported as if it began now."""
    return window.resets_at or now + window.length


def _window_fields(prefix: str, window: Window | None, now: datetime) -> list[tuple[str, str]]:
    if window is None:
        return [(f"{prefix}-used-percent", "0"), (f"{prefix}-window-minutes", "0")]
    resets_at = _resets_at(window, now)
    return [
        (f"{prefix}-used-percent", f"{window.used_percent:g}"),
        (f"{prefix}-window-minutes", str(window.minutes)),
        (f"{prefix}-reset-at", str(int(resets_at.timestamp()))),
        (f"{prefix}-reset-after-seconds", str(int((resets_at - now).total_seconds()))),
    ]


def _event_window(window: Window | None, now: datetime) -> dict[str, Any] | None:
    if window is None:
        return None
    return {
        "used_percent": window.used_percent,
        "window_minutes": window.minutes,
        "reset_at": int(_resets_at(window, now).timestamp()),
    }


def _usage_window(window: Window | None, now: datetime) -> dict[str, Any] | None:
    if window is None:
        return None
    resets_at = _resets_at(window, now)
    return {
        "used_percent": round(window.used_percent),
        "limit_window_seconds": window.minutes * 60,
        "reset_after_seconds": int((resets_at - now).total_seconds()),
        "reset_at": int(resets_at.timestamp()),
    }


def _rate_limit(
    primary: Window | None, secondary: Window | None, now: datetime, *, blocked: bool
) -> dict[str, Any]:
    return {
        "allowed": not blocked,
        "limit_reached": blocked,
        "primary_window": _usage_window(primary, now),
        "secondary_window": _usage_window(secondary, now),
    }


def _additional(limit: ExtraLimit, now: datetime) -> dict[str, Any]:
    windows = [window for window in (limit.primary, limit.secondary) if window]
    blocked = any(window.exhausted for window in windows)
    return {
        "limit_name": limit.name,
        "metered_feature": limit.limit_id,
        "rate_limit": _rate_limit(limit.primary, limit.secondary, now, blocked=blocked),
    }


def _credits(credits_: Credits) -> dict[str, Any]:
    return {
        "has_credits": credits_.has,
        "unlimited": credits_.unlimited,
        "balance": credits_.balance or None,
    }
