"""What the back end says of limits: response headers, stream events, the usage endpoint (pure).

Nothing of this is documented, so every reader is lenient: an unknown field is passed over, a value
of a wrong type or out of range counts as unsaid, and unknown stays unknown. The shapes were seen
with the official client (PROTOCOL §5). Percentages are *used* on the wire and *remaining* here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from core.domain.quota import (
    EVERYTHING,
    Credits,
    Quota,
    QuotaSource,
    Window,
    WindowKind,
    kind_of,
)
from core.quota import numbers

_MAIN_LIMIT = "codex"
_NOMINAL_MINUTES = ((300, 5), (10_080, 60), (43_200, 1_440))
"""Lengths as people call them, and how far what is said may be off (17 940 s was seen)."""
_CLOCKS_DIFFER = timedelta(minutes=5)
"""When the two ways to say a reset differ by more, our clock is wrong, and the wait is right."""

_PARTS = ("-used-percent", "-window-minutes", "-reset-at", "-reset-after-seconds")
_HEADER = re.compile(
    r"x-(?P<id>[a-z0-9-]+?)-(?P<which>primary|secondary)-"
    r"(?P<what>used-percent|window-minutes|reset-at|reset-after-seconds)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """One window as it was said; None = not said."""

    used_percent: float | None
    minutes: float | None
    reset_at: float | None
    reset_after_s: float | None


def quota_from_headers(fields: Iterable[tuple[bytes, bytes]], *, now: datetime) -> Quota | None:
    """Limits in a response's head; None when it says nothing of them."""
    texts = {
        key.decode("latin-1").lower(): value.decode("latin-1").strip()
        for key, value in fields
        if key[:2] in (b"x-", b"X-")
    }
    said: dict[tuple[str, str], dict[str, float | None]] = {}
    for name, text in texts.items():
        if name.endswith(_PARTS) and (match := _HEADER.fullmatch(name)) is not None:
            said.setdefault((match["id"], match["which"]), {})[match["what"]] = numbers.in_text(
                text
            )
    windows = [
        window
        for (limit, _), values in said.items()
        if (window := _window_in_headers(values, _scope_of(limit, texts), now)) is not None
    ]
    credits_ = _credits_in_headers(texts)
    plan = texts.get("x-codex-plan-type") or None
    return _quota(windows, credits_, plan)


def quota_from_event(event: Mapping[str, object], *, now: datetime) -> Quota | None:
    """Limits in a `codex.rate_limits` event; None when it says nothing of them."""
    name = _text(event, "limit_name") or _text(event, "metered_limit_name")
    scope = EVERYTHING if name in ("", _MAIN_LIMIT) else name
    limits = _mapping(event, "rate_limits")
    found = [
        _window(_said_in(_mapping(limits, which)), scope, QuotaSource.EVENT, now)
        for which in ("primary", "secondary")
    ]
    windows = [window for window in found if window is not None]
    return _quota(windows, _credits_in(event), _text(event, "plan_type") or None)


def quota_from_usage(usage: Mapping[str, object], *, now: datetime) -> Quota | None:
    """Limits in the usage endpoint's answer (`…/wham/usage`); None when it says nothing of them."""
    limits = [(EVERYTHING, _mapping(usage, "rate_limit"))]
    limits.append(("code_review", _mapping(usage, "code_review_rate_limit")))
    extra = usage.get("additional_rate_limits")
    for entry in extra if isinstance(extra, list) else ():
        if isinstance(entry, dict):
            one = cast("Mapping[str, object]", entry)
            name = _text(one, "limit_name") or _text(one, "metered_feature")
            if name:
                limits.append((name, _mapping(one, "rate_limit")))
    found = [
        _window(_said_in(_mapping(limit, which)), scope, QuotaSource.USAGE, now)
        for scope, limit in limits
        for which in ("primary_window", "secondary_window")
    ]
    found.append(_spend_window(usage, now))
    windows = [window for window in found if window is not None]
    said = _quota(windows, _credits_in(usage), _text(usage, "plan_type") or None)
    resets, reached = _reset_credits(usage), _reached(usage)
    if said is None and resets is None and reached is None:
        return None
    return replace(said or Quota(), reset_credits=resets, reached=reached)


def _quota(windows: list[Window], credits_: Credits | None, plan: str | None) -> Quota | None:
    if not windows and credits_ is None and plan is None:
        return None
    keyed = {(window.scope, window.kind, window.minutes): window for window in windows}
    return Quota(windows=keyed, credits=credits_, plan=plan)


def _window_in_headers(
    values: Mapping[str, float | None], scope: str, now: datetime
) -> Window | None:
    said = _Said(
        used_percent=values.get("used-percent"),
        minutes=values.get("window-minutes"),
        reset_at=values.get("reset-at"),
        reset_after_s=values.get("reset-after-seconds"),
    )
    return _window(said, scope, QuotaSource.HEADERS, now)


def _scope_of(limit: str, texts: Mapping[str, str]) -> str:
    """What an extra limit is called; its id (`codex-bengalfox`) where it has no name."""
    return EVERYTHING if limit == _MAIN_LIMIT else texts.get(f"x-{limit}-limit-name") or limit


def _said_in(window: Mapping[str, object]) -> _Said:
    seconds = numbers.in_json(window.get("limit_window_seconds"))
    minutes = numbers.in_json(window.get("window_minutes"))
    return _Said(
        used_percent=numbers.in_json(window.get("used_percent")),
        minutes=minutes if minutes is not None or seconds is None else seconds / 60,
        reset_at=numbers.in_json(window.get("reset_at")),
        reset_after_s=numbers.in_json(window.get("reset_after_seconds")),
    )


def _window(said: _Said, scope: str, source: QuotaSource, now: datetime) -> Window | None:
    """A window of a known length; one without (0, empty, unsaid) is no window at all."""
    if said.minutes is None or not numbers.length(said.minutes):
        return None
    minutes = _nominal(said.minutes)
    return Window(
        kind=kind_of(minutes),
        minutes=minutes,
        remaining=_left(said.used_percent),
        resets_at=_reset(said.reset_at, said.reset_after_s, now),
        scope=scope,
        observed_at=now,
        source=source,
    )


def _spend_window(usage: Mapping[str, object], now: datetime) -> Window | None:
    """The spending limit of flexible plans, which have no window of a length."""
    limit = _mapping(_mapping(usage, "spend_control"), "individual_limit")
    remaining = numbers.in_json(limit.get("remaining_percent"))
    used = numbers.in_json(limit.get("used_percent"))
    if remaining is not None and used is None:
        used = 100 - remaining
    if used is None and "limit" not in limit:
        return None
    return Window(
        kind=WindowKind.SPEND,
        minutes=0,
        remaining=_left(used),
        resets_at=_reset(numbers.in_json(limit.get("reset_at")), None, now),
        scope=EVERYTHING,
        observed_at=now,
        source=QuotaSource.USAGE,
    )


def _reset_credits(usage: Mapping[str, object]) -> int | None:
    count = numbers.in_json(_mapping(usage, "rate_limit_reset_credits").get("available_count"))
    return int(count) if count is not None and 0 <= count <= 1000 else None


def _reached(usage: Mapping[str, object]) -> bool | None:
    """The back end's own word on whether the account may serve; None when it has none."""
    limit, spending = _mapping(usage, "rate_limit"), _mapping(usage, "spend_control")
    if limit.get("allowed") is False or spending.get("reached") is True:
        return True
    return False if limit.get("allowed") is True else None


def _left(used_percent: float | None) -> float | None:
    return None if used_percent is None else numbers.left(used_percent)


def _nominal(minutes: float) -> int:
    near = (nominal for nominal, off in _NOMINAL_MINUTES if abs(minutes - nominal) <= off)
    return next(near, round(minutes))


def _reset(at: float | None, after_s: float | None, now: datetime) -> datetime | None:
    """When it is full again: the moment that was said, or the wait where our clock is off."""
    moment = None if at is None else numbers.moment(at, now)
    wait = None if after_s is None else numbers.wait(after_s)
    if wait is None:
        return moment
    waited = now + wait
    return waited if moment is None or abs(moment - waited) > _CLOCKS_DIFFER else moment


def _credits_in_headers(texts: Mapping[str, str]) -> Credits | None:
    has = texts.get("x-codex-credits-has-credits", "").lower()
    if has not in ("true", "false"):
        return None
    return Credits(
        has=has == "true",
        unlimited=texts.get("x-codex-credits-unlimited", "").lower() == "true",
        balance=texts.get("x-codex-credits-balance", ""),
    )


def _credits_in(document: Mapping[str, object]) -> Credits | None:
    found = _mapping(document, "credits")
    if not isinstance(found.get("has_credits"), bool):
        return None
    balance = found.get("balance")
    number = numbers.in_json(balance)
    return Credits(
        has=found["has_credits"] is True,
        unlimited=found.get("unlimited") is True,
        balance=balance if isinstance(balance, str) else f"{number:g}" if number else "",
    )


def _mapping(document: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = document.get(key)
    return cast("Mapping[str, object]", found) if isinstance(found, dict) else {}


def _text(document: Mapping[str, object], key: str) -> str:
    found = document.get(key)
    return found if isinstance(found, str) else ""
