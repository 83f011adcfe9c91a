"""Which account the icon, the tooltip and the menu's head speak of."""

from datetime import UTC, datetime

from core.domain.account import AccountId
from core.domain.report import AccountReport, StatusReport
from core.domain.state import RotationMode

_LATEST = datetime.max.replace(tzinfo=UTC)
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def account_by_id(report: StatusReport, account: AccountId | None) -> AccountReport | None:
    """The account of this id, where there is one."""
    return next((a for a in report.accounts if a.id == account), None)


def account_in_focus(report: StatusReport) -> AccountReport | None:
    """The account that Codex is using, or would; None where there is no account.

    A forced account stays in focus while it cannot serve. Otherwise it is who serves the next
    thread; where nobody can, who is back first; where nobody knows, who was used last.
    """
    steering = report.rotation
    forced = steering.account if steering.mode == RotationMode.STAY else None
    chosen = account_by_id(report, forced) or account_by_id(report, steering.next)
    if chosen is not None or not report.accounts:
        return chosen
    returning = [a for a in report.accounts if a.until is not None]
    if returning:
        return min(returning, key=lambda a: a.until or _LATEST)
    return max(report.accounts, key=lambda a: a.last_used or _EARLIEST)
