"""What became of one attempt to send a request with one account. Failure is a value here.

The cases differ in one thing above all: whether the request may be sent again. A request that may
have been accepted upstream is never sent twice.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LimitReason(StrEnum):
    """Why an account serves nothing for a while."""

    USAGE_LIMIT = "usage_limit_reached"
    RATE_LIMIT = "rate_limit_exceeded"
    NOT_INCLUDED = "usage_not_included"
    QUOTA = "insufficient_quota"


GONE_CODES = frozenset(
    {
        "deactivated_workspace",
        "workspace_deactivated",
        "workspace_not_found",
        "workspace_disabled",
        "account_deactivated",
        "account_suspended",
        "account_deleted",
        "not_a_member",
    }
)
"""What a 403 must name to mean that the account or its workspace is out of service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A good head, and first events that name no failure: forward it."""

    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The back end's answer to what the client asked (400, 404, 413, …): forward it as it is."""

    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """This account is limited: another may serve.

    Attributes:
        reason: the back end's word.
        until: when it ends; None when it was not said.
        model: the model that is limited; empty = all of them.
    """

    reason: LimitReason
    until: datetime | None
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unauthorized:
    """401: the access token is not taken. Refresh once, then it is a matter of signing in."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """402 or 403 that says the workspace or the account is out of service."""

    status: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """500, 502, 503 with a complete head, or an overload inside a 200: not served, may move.

    Attributes:
        status: the head's status code.
        code: `server_is_overloaded`, …; empty when the body names none.
        retry_after_s: as `Retry-After` says; None when it is silent.
    """

    status: int
    code: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenged:
    """403 with HTML: the CDN, not the account. No refresh, no block, no other account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """400 `invalid_encrypted_content`: the input holds what another account has sealed."""


class NoWay(StrEnum):
    """Why nothing could be sent."""

    NETWORK = "network"
    """Refused, no such host, no network, no answer to the connection."""
    CERTIFICATE = "certificate"
    """Whoever answers is not the back end, as far as the authorities that we believe know."""
    PROXY = "proxy"
    """The egress proxy cannot be used, or lets nobody through."""
    PROXY_LOGIN = "proxy_login"
    """The egress proxy wants a login, or another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """Nothing was sent (refused, DNS, TLS, connect timeout). `detail` holds no secret."""

    detail: str
    way: NoWay = NoWay.NETWORK


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """Sent, and then silence, a cut before the head, 504 or 524: it may have been accepted.

    Attributes:
        status: 504 or 524, or None when no head came.
        timed_out: True when our own patience ended, False when the back end cut.
    """

    status: int | None
    timed_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientGone:
    """The client left before the commit point; upstream was cancelled."""


type Outcome = (
    Served
    | Rejected
    | Limited
    | Unauthorized
    | Gone
    | Failing
    | Challenged
    | Foreign
    | Unreachable
    | Unanswered
    | ClientGone
)
