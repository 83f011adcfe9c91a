"""Everything known of one account, beside the table of all."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.report import AccountReport, StatusReport
from core.words.speech import Speech
from tray.present.account_actions import account_actions, policy_actions
from tray.present.entries import Choice
from tray.present.panel import PanelRow, panel_row


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDetails:
    """One account.

    Attributes:
        account: as the snapshot has it; what a person types goes against it.
        row: name, plan, state, bars, and everything else in lines.
        title: `#1 Work`.
        refresher: who keeps its login fresh, as a sentence.
        tags: the person's words, or empty.
        actions: what is done with it often.
        policies: what is decided rarely.
    """

    account: AccountReport
    row: PanelRow
    title: str
    refresher: str
    tags: str
    actions: tuple[Choice, ...]
    policies: tuple[Choice, ...]


def account_details(
    account: AccountReport, report: StatusReport, *, speech: Speech, now: datetime
) -> AccountDetails:
    """The details of one account of this snapshot."""
    row = panel_row(account, report, speech=speech, now=now)
    ours = account.refresher == "turntable"
    return AccountDetails(
        account=account,
        row=row,
        title=f"#{account.number} {row.name}",
        refresher=speech.say("Turntable renews this login.")
        if ours
        else speech.say("Codex renews this login; Turntable reads the newest one from it."),
        tags=", ".join(account.tags),
        actions=account_actions(account, report, speech=speech),
        policies=policy_actions(account, speech=speech),
    )
