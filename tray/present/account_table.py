"""The accounts as a table: a row each, found by words, sorted by columns."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from core.domain.quota import WindowKind
from core.domain.report import AccountReport, StatusReport
from core.words.speech import Speech
from tray.present.bars import Bar, bar
from tray.present.focus import account_in_focus
from tray.present.limits import main_windows
from tray.present.names import shown_name, shown_plan
from tray.present.panel import state_words
from tray.present.tone import Tone


class Column(IntEnum):
    """The columns, in the order of the screen."""

    NAME = 0
    SESSION = 1
    WEEK = 2
    STATE = 3
    USED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One account.

    Attributes:
        id: of the account.
        number: the `#N`.
        texts: a text for each column, for eyes and for readers of the screen.
        below: plan and workspace, under the name.
        sorts: what each column is sorted by.
        session: the shortest limit as a bar; None = there is none.
        week: the longest one.
        tone: of the state.
        words: everything that a search looks through, in lower case.
    """

    id: str
    number: int
    texts: tuple[str, ...]
    below: str
    sorts: tuple[str | float, ...]
    session: Bar | None
    week: Bar | None
    tone: Tone
    words: str


def headers(speech: Speech) -> tuple[str, ...]:
    """What stands above the columns."""
    return (
        speech.say("Account"),
        speech.say("Session"),
        speech.say("Week"),
        speech.say("State"),
        speech.say("Last used"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTable:
    """All rows, with what they were made from: of the next snapshot only what differs is made.

    Attributes:
        report: the snapshot.
        now: when it was shown.
        rows: every account, in the order of its numbers.
    """

    report: StatusReport
    now: datetime
    rows: tuple[AccountRow, ...]


def account_table(
    report: StatusReport, *, speech: Speech, now: datetime, before: AccountTable | None = None
) -> AccountTable:
    """The table of this snapshot; rows of `before` are kept where they would say the same."""
    known = {} if before is None or _minute(before.now) != _minute(now) else _made(before)
    focus = account_in_focus(report)
    rows: list[AccountRow] = []
    for account in report.accounts:
        told, row = known.get(account.id, ((), None))
        if row is None or told != _told(account, focus):
            row = _row(account, report, speech=speech, now=now)
        rows.append(row)
    return AccountTable(report=report, now=now, rows=tuple(rows))


def _minute(moment: datetime) -> datetime:
    """What rows say of the time, they say to the minute."""
    return moment.replace(second=0, microsecond=0)


def _made(table: AccountTable) -> dict[str, tuple[tuple[object, ...], AccountRow]]:
    """Each row by its account, with what it tells of."""
    focus = account_in_focus(table.report)
    return {
        account.id: (_told(account, focus), row)
        for account, row in zip(table.report.accounts, table.rows, strict=True)
    }


def _told(account: AccountReport, focus: AccountReport | None) -> tuple[object, ...]:
    """What a row tells of an account: not its pace, which is another one in every snapshot."""
    windows = tuple((w.kind, w.minutes, w.scope, w.remaining, w.resets_at) for w in account.windows)
    return (
        account is focus, windows, account.number, account.label, account.email,
        account.workspace, account.plan, account.state, account.until, account.reason,
        account.in_flight, account.last_used, account.reserve, account.tags, account.note,
    )  # fmt: skip


def found(row: AccountRow, typed: str) -> bool:
    """Whether every word that was typed stands somewhere in the row."""
    return all(word in row.words for word in typed.lower().split())


def _row(
    account: AccountReport, report: StatusReport, *, speech: Speech, now: datetime
) -> AccountRow:
    state, tone = state_words(account, report, speech=speech, now=now)
    session, week = _two(account, speech=speech, now=now)
    name, plan = shown_name(account.label, 48), shown_plan(account.plan)
    used = "" if account.last_used is None else speech.stamp(account.last_used, now)
    shown_state = state or speech.say("ready")
    workspace = shown_name(account.workspace.name) if account.workspace.name else ""
    texts = (name, _said(session), _said(week), shown_state, used)
    return AccountRow(
        id=account.id,
        number=account.number,
        texts=texts,
        below=" · ".join(part for part in (plan, workspace) if part),
        sorts=(
            name.lower(),
            _left(session),
            _left(week),
            shown_state,
            0.0 if account.last_used is None else account.last_used.timestamp(),
        ),
        session=session,
        week=week,
        tone=tone if state else Tone.MUTED,
        words=" ".join(
            (
                account.label, account.email, account.workspace.name, account.plan, shown_state,
                *account.tags, account.note, f"#{account.number}",
            )
        ).lower(),
    )  # fmt: skip


def _two(account: AccountReport, *, speech: Speech, now: datetime) -> tuple[Bar | None, Bar | None]:
    windows = main_windows(account)
    session = next((w for w in windows if w.kind == WindowKind.SESSION), None)
    longer = [w for w in windows if w is not session]
    return (
        None if session is None else bar(session, account, speech=speech, now=now),
        None if not longer else bar(longer[-1], account, speech=speech, now=now),
    )


def _said(shown: Bar | None) -> str:
    if shown is None:
        return ""
    return f"{shown.text} · {shown.resets}" if shown.resets else shown.text


def _left(shown: Bar | None) -> float:
    return 101.0 if shown is None or shown.left is None else float(shown.left)
