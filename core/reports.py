"""The snapshot as a value, made from what is known; every face shows this one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.domain.account import Account, AccountId
from core.domain.decision import Use, Verdict
from core.domain.facts import Facts, RequestKind
from core.domain.forecast import Forecast, WindowForecast
from core.domain.observed import Observed, block_at, is_challenged, pool_pause_at
from core.domain.quota import EVERYTHING, Quota, as_of
from core.domain.report import (
    AccountReport,
    BindReport,
    CreditsReport,
    LastHour,
    MoveReport,
    NoticeReport,
    ProxyReport,
    ReserveReport,
    RotationReport,
    StatusReport,
    TrafficReport,
    VaultReport,
    VerdictReport,
    WindowReport,
    WorkspaceReport,
)
from core.domain.reset_credit import SOON, credit_ends_at
from core.domain.settings import RoutingSettings
from core.domain.state import RotationMode, State, rotation_at
from core.routing.eligibility import shown_standing
from core.routing.forecast import forecast
from core.routing.select import Chances, select
from core.words import standing as words
from core.words.forecast import pool_sentence
from core.words.rules import unreadable_sentence
from core.words.speech import Speech

NOT_LISTENING = ProxyReport(
    listening=False, address=None, in_flight=0, streams=0, websockets=0, uptime_s=0.0
)
QUIET = LastHour(requests=0, served=0, moved=0, refused=0, failed=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What is not in the two values: the process, the listener, the bind, the vault.

    Attributes:
        version: ours.
        home: the data folder.
        bind: the bind of the home that is asked about.
        vault: where the key lies.
        mode: `tray` or `serve`; None when no owner runs.
        pid: the owner's.
        proxy: the listener.
        last_hour: counts of the ledger.
        in_flight: requests under way by account.
        notices: sentences that wait to be read.
    """

    version: str
    home: str
    bind: BindReport
    vault: VaultReport
    mode: str | None = None
    pid: int | None = None
    proxy: ProxyReport = NOT_LISTENING
    last_hour: LastHour = QUIET
    in_flight: Mapping[AccountId, int] = field(default_factory=dict)
    notices: tuple[NoticeReport, ...] = ()


def status(
    *,
    engine: Engine,
    state: State,
    observed: Observed,
    routing: RoutingSettings,
    now: datetime,
    speech: Speech,
) -> StatusReport:
    """The whole snapshot as of `now`."""
    standings = {
        account.id: shown_standing(account, observed, now=now)
        for account in state.accounts.values()
    }
    expected = forecast(state, observed, Chances(settings=routing, now=now))
    return StatusReport(
        version=engine.version,
        running=engine.pid is not None,
        mode=engine.mode,
        pid=engine.pid,
        home=engine.home,
        proxy=engine.proxy,
        bind=engine.bind,
        rotation=_rotation(state, observed, routing, now, second=expected.next),
        accounts=tuple(
            _account(
                account,
                standings[account.id],
                observed,
                expected,
                in_flight=engine.in_flight.get(account.id, 0),
                now=now,
                speech=speech,
            )
            for account in state.accounts.values()
        ),
        verdict=_verdict(state, expected, now, speech),
        traffic=TrafficReport(
            last_hour=engine.last_hour, pool_pause_until=pool_pause_at(observed, now)
        ),
        vault=engine.vault,
        notices=(*engine.notices, *_questions(state, observed, now, speech)),
        moves=tuple(
            MoveReport(
                thread=move.thread, moved_from=move.moved_from, moved_to=move.moved_to, at=move.at
            )
            for move in observed.moves
            if move.moved_from in state.accounts and move.moved_to in state.accounts
        ),
    )


def _questions(
    state: State, observed: Observed, now: datetime, speech: Speech
) -> tuple[NoticeReport, ...]:
    """Unreadable rules; the network that turns us away; chats about which the user is asked."""
    notices = []
    if state.rules.unreadable:
        text = unreadable_sentence(speech)
        notices.append(NoticeReport(code="rules_unreadable", text=text))
    if observed.challenged_until is not None and is_challenged(observed, now):
        text = words.network_challenges(observed.challenged_until, now, speech)
        notices.append(NoticeReport(code="network_challenged", text=text))
    for thread in observed.asked:
        owner = observed.owners.get(thread)
        account = None if owner is None else state.accounts.get(owner.account)
        block = None if account is None else block_at(observed, account.id, "", now)
        if account is not None and block is not None:
            text = words.chat_waits(thread, account.label, block.until, now, speech)
            notices.append(NoticeReport(code="thread_asks", text=text))
    return tuple(notices)


def _rotation(
    state: State,
    observed: Observed,
    routing: RoutingSettings,
    now: datetime,
    *,
    second: AccountId | None,
) -> RotationReport:
    rotation = rotation_at(state, now)
    decision = select(
        state=state.unruled(),
        observed=observed,
        facts=Facts(kind=RequestKind.RESPONSES),
        tried=frozenset(),
        chances=Chances(settings=routing, now=now),
    )
    # Whom chance will name, nobody knows before.
    known = routing.strategy != "random" or rotation.mode is not RotationMode.AUTO
    following = decision.account if known and isinstance(decision, Use) else None
    alone = following is None or rotation.mode is RotationMode.STAY
    return RotationReport(
        mode=rotation.mode.value,
        account=rotation.account,
        strategy=routing.strategy,
        next=following,
        until=rotation.until,
        second=None if alone else second,
    )


def _account(
    account: Account,
    stands: Verdict,
    observed: Observed,
    expected: Forecast,
    *,
    in_flight: int,
    now: datetime,
    speech: Speech,
) -> AccountReport:
    quota = observed.quotas.get(account.id, Quota())
    credit_ends = credit_ends_at(observed, account.id, now)
    return AccountReport(
        id=account.id,
        number=account.number,
        label=account.label,
        email=account.email,
        workspace=WorkspaceReport(id=account.identity.workspace, name=account.workspace_name),
        plan=quota.plan or account.plan,
        refresher=account.refresher.value,
        state=stands.state.value,
        until=stands.until,
        because=words.because(stands, speech),
        windows=_windows(
            quota, [one for one in expected.windows if one.account == account.id], now
        ),
        credits=None
        if quota.credits is None
        else CreditsReport(
            has=quota.credits.has,
            unlimited=quota.credits.unlimited,
            balance=quota.credits.balance,
        ),
        in_flight=in_flight,
        last_used=observed.last_used.get(account.id),
        reset_credits=quota.reset_credits,
        reset_credit_ends=credit_ends,
        reset_credit_soon=credit_ends is not None and credit_ends - now <= SOON,
        reserve=ReserveReport(
            session=account.reserve.session, week=account.reserve.week, month=account.reserve.month
        ),
        weight=account.weight,
        tags=account.tags,
        note=account.note,
        reason=stands.because.value,
    )


def _windows(
    quota: Quota, expected: Iterable[WindowForecast], now: datetime
) -> tuple[WindowReport, ...]:
    """The windows, those of every model first and the short before the long."""
    ordered = sorted(
        quota.windows.items(),
        key=lambda item: (item[1].scope != EVERYTHING, item[1].scope, item[1].minutes),
    )
    paces = {(EVERYTHING, one.kind, one.minutes): one for one in expected}
    reports = []
    for key, window in ordered:
        current, pace = as_of(window, now), paces.get(key)
        reports.append(
            WindowReport(
                kind=window.kind.value,
                minutes=window.minutes,
                remaining=None if current is None else current.remaining,
                resets_at=None if current is None else current.resets_at,
                scope=window.scope,
                observed_at=window.observed_at,
                source=window.source.value,
                per_hour=None if pace is None else pace.per_hour,
                runs_out_at=None if pace is None else pace.runs_out_at,
            )
        )
    return tuple(reports)


def _verdict(state: State, expected: Forecast, now: datetime, speech: Speech) -> VerdictReport:
    """How the pool stands, and for how long."""
    pool = expected.pool
    labels = {account.id: account.label for account in state.accounts.values()}
    return VerdictReport(
        state=pool.state.value, until=pool.until, text=pool_sentence(pool, labels, now, speech)
    )
