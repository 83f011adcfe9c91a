"""Device sign-ins: a short code for a person, a long one for the program that waits.

PROTOCOL §1's own flow, with the manners of RFC 8628: polling faster than the interval is answered
429 and makes the interval longer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.standin import authorization
from core.standin.codes import Codes
from core.standin.people import ISSUER, Person

INTERVAL = timedelta(seconds=5)
LIFE = timedelta(minutes=15)
CALLBACK = "/deviceauth/callback"
# Clocks and timers are not exact; a client that waits its interval is never too fast.
_LEEWAY = timedelta(milliseconds=250)


class Pending(StrEnum):
    """Why there is no code (yet); all but `SLOW_DOWN` look alike to the client that waits."""

    WAITING = "deviceauth_authorization_pending"
    DENIED = "deviceauth_authorization_denied"
    EXPIRED = "deviceauth_authorization_expired"
    UNKNOWN = "deviceauth_authorization_unknown"
    SLOW_DOWN = "slow_down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What the waiting program gets; it proves nothing by its verifier, the issuer made it."""

    authorization_code: str
    code_challenge: str
    code_verifier: str


@dataclass(slots=True, kw_only=True)
class Device:
    """One device sign-in.

    Attributes:
        device_auth_id: known to the program only.
        user_code: what the person types.
        expires_at: from when on nobody can confirm it.
        interval: how long the program waits between two polls.
        polled_at: when it asked last.
        denied: the person said no.
        confirmed: the person said yes.
    """

    device_auth_id: str
    user_code: str
    expires_at: datetime
    interval: timedelta
    polled_at: datetime | None = None
    denied: bool = False
    confirmed: Confirmed | None = None


class Devices:
    """Every device sign-in.

    Attributes:
        interval: what the next ones are told to wait.
        life: how long the next ones may be confirmed.
        redirect_uris: where their codes are said to have been sent; more once the port is known.
    """

    def __init__(self, now: Callable[[], datetime], codes: Codes) -> None:
        """Both belong to the server."""
        self.interval = INTERVAL
        self.life = LIFE
        self.redirect_uris = {f"{ISSUER}{CALLBACK}"}
        self._now = now
        self._codes = codes
        self._devices: dict[str, Device] = {}

    def begin(self) -> Device:
        """A new one, waiting."""
        number = len(self._devices) + 1
        device = Device(
            device_auth_id=f"deviceauth_fake-{number:06d}",
            user_code=f"FAKE-{number:05d}",
            expires_at=self._now() + self.life,
            interval=self.interval,
        )
        self._devices[device.device_auth_id] = device
        return device

    def typed(self, user_code: str) -> Device | None:
        """The one that waits for this code; capitals and hyphen as people type them."""
        wanted = _plain(user_code)
        now = self._now()
        return next(
            (
                one
                for one in self._devices.values()
                if _plain(one.user_code) == wanted
                and now < one.expires_at
                and not one.denied
                and one.confirmed is None
            ),
            None,
        )

    def confirm(self, device: Device, person: Person) -> None:
        """`person` says yes: the next poll gets a code."""
        # Long enough for RFC 7636, and the same in every run.
        verifier = f"{device.device_auth_id}-".ljust(64, "v")
        challenge = authorization.challenge_of(verifier)
        code = self._codes.mint(person, redirect_uris=self.redirect_uris, code_challenge=challenge)
        device.confirmed = Confirmed(
            authorization_code=code, code_challenge=challenge, code_verifier=verifier
        )

    def poll(self, device_auth_id: str, user_code: str) -> Confirmed | Pending:
        """What the waiting program is told."""
        device = self._devices.get(device_auth_id)
        if device is None or device.user_code != user_code:
            return Pending.UNKNOWN
        now = self._now()
        asked, device.polled_at = device.polled_at, now
        if asked is not None and now - asked < device.interval - _LEEWAY:
            device.interval += INTERVAL
            return Pending.SLOW_DOWN
        if device.denied:
            return Pending.DENIED
        if device.confirmed is not None:
            return device.confirmed
        return Pending.EXPIRED if now >= device.expires_at else Pending.WAITING


def _plain(user_code: str) -> str:
    return user_code.strip().upper().replace("-", "")
