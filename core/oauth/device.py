"""The issuer's own device code flow, not RFC 8628: requests out, answers in. No I/O.

The person opens an address on any machine and types a short code; meanwhile we ask, at the interval
that the issuer names, whether it was typed. What comes back is an authorization code with the
verifier that the issuer chose, to be exchanged like any other.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from core.oauth.protocol import (
    CLIENT_ID,
    Code,
    Denied,
    Form,
    error_code,
    is_word,
    json_form,
    read_object,
)

USERCODE_PATH = "/api/accounts/deviceauth/usercode"
POLL_PATH = "/api/accounts/deviceauth/token"
VERIFICATION_PATH = "/codex/device"
REDIRECT_PATH = "/deviceauth/callback"
LONGEST = timedelta(minutes=15)
"""How long a code lives at most, whatever the issuer says."""
SLOW_DOWN_S = 5.0
"""RFC 8628 §3.5: `slow_down` adds 5 s; here 429 means it."""
_INTERVAL_S = 5.0
_LONGEST_INTERVAL_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCode:
    """A code that waits to be typed.

    Attributes:
        device_auth_id: names this sign-in to the issuer.
        user_code: what the person types.
        interval_s: seconds between two questions.
        expires_at: when it is too late.
    """

    device_auth_id: str = field(repr=False)
    user_code: str
    interval_s: float
    expires_at: datetime


class NoCode(StrEnum):
    """Why no code was given."""

    NOT_ENABLED = "not_enabled"
    """The account or its workspace does not allow it."""
    TRY_AGAIN = "try_again"
    UNREADABLE = "unreadable"


class Waiting(StrEnum):
    """Nothing yet."""

    PENDING = "pending"
    SLOW_DOWN = "slow_down"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceGrant:
    """The code was typed: what is exchanged for tokens, with `REDIRECT_PATH` as redirect."""

    code: Code
    code_verifier: str = field(repr=False)


def usercode_form() -> Form:
    """Ask for a code."""
    return json_form(USERCODE_PATH, {"client_id": CLIENT_ID})


def poll_form(code: DeviceCode) -> Form:
    """Ask whether it was typed."""
    fields = {"device_auth_id": code.device_auth_id, "user_code": code.user_code}
    return json_form(POLL_PATH, fields)


def read_usercode(status: int, body: bytes, *, now: datetime) -> DeviceCode | NoCode:
    """What the issuer answers to `usercode_form`."""
    if status == 404:
        return NoCode.NOT_ENABLED
    if status != 200:
        return NoCode.TRY_AGAIN
    fields = read_object(body)
    device_auth_id = is_word(fields.get("device_auth_id"))
    user_code = is_word(fields.get("user_code")) or is_word(fields.get("usercode"))
    if not device_auth_id or not user_code:
        return NoCode.UNREADABLE
    return DeviceCode(
        device_auth_id=device_auth_id,
        user_code=user_code,
        interval_s=_interval(fields.get("interval")),
        expires_at=_expiry(fields, now),
    )


def read_poll(status: int, body: bytes) -> DeviceGrant | Denied | Waiting:
    """What the issuer answers to `poll_form`; 403 and 404 mean that nobody has typed it yet."""
    fields = read_object(body)
    if status == 200:
        code = is_word(fields.get("authorization_code"))
        verifier = is_word(fields.get("code_verifier"))
        if code and verifier:
            return DeviceGrant(code=Code(code=code), code_verifier=verifier)
        return Waiting.PENDING
    if status == 429:
        return Waiting.SLOW_DOWN
    if status in (403, 404, 408) or status >= 500:
        word = error_code(fields)
        # RFC 8628's words and the issuer's own: `access_denied`, `…_authorization_expired`.
        ended = "denied" in word or "expired" in word
        return Denied(code=word, sentence="") if ended else Waiting.PENDING
    return Denied(code=error_code(fields) or f"http_{status}", sentence="")


def _interval(value: object) -> float:
    """Seconds, as a number or a text; something that makes no sense is the usual interval."""
    try:
        seconds = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        return _INTERVAL_S
    return min(seconds, _LONGEST_INTERVAL_S) if seconds > 0 else _INTERVAL_S


def _expiry(fields: Mapping[str, object], now: datetime) -> datetime:
    latest = now + LONGEST
    at, in_s = fields.get("expires_at"), fields.get("expires_in")
    try:
        if isinstance(at, str):
            said = datetime.fromisoformat(at)
        elif isinstance(at, int | float):
            said = datetime.fromtimestamp(at, now.tzinfo)
        elif isinstance(in_s, str | int | float):
            said = now + timedelta(seconds=float(in_s))
        else:
            return latest
        return min(said, latest) if said > now else latest
    except (ValueError, OverflowError, OSError, TypeError):
        return latest
