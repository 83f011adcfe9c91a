"""resume-stopped: chats whose last turn ended on a limit, and whether they may go on now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.app import App
from core.control.verb import Arguments
from core.control.verbs.rotation import read_duration
from core.domain.account import AccountId
from core.domain.decision import Decision, Refuse, RefuseReason, Use, Wait
from core.domain.errors import CoreError, ExitCode
from core.domain.facts import Facts, RequestKind, ThreadId
from core.domain.sentence import Sentence
from core.domain.usage import RequestRecord, Result
from core.routing.select import Chances, select
from core.storage.thread_ends import last_turns

USUAL = timedelta(days=7)
TOO_MANY_REQUESTS = 429
_LIMITS = frozenset(
    {
        RefuseReason.ALL_WAITING,
        RefuseReason.OWNER_WAITS,
        RefuseReason.PINNED,
        RefuseReason.ALL_RESERVED,
        RefuseReason.BUDGET,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """One chat that stands still.

    Attributes:
        thread: Codex's own id.
        stopped_at: when its last turn was refused.
        model: which one it asked for.
        ready: somebody would serve it now.
        account: who that is.
        label: what that account is called; empty for none.
        until: when somebody serves again, where that is known.
        request: the request that was refused; `why` explains it.
    """

    thread: ThreadId
    stopped_at: datetime
    model: str
    ready: bool
    account: AccountId | None
    label: str
    until: datetime | None
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedChats:
    """The answer of `resume-stopped`: newest first; `thread` is the one that was named."""

    chats: tuple[Stopped, ...]
    thread: ThreadId | None
    messages: tuple[str, ...]


async def resume_stopped(app: App, arguments: Arguments) -> StoppedChats:
    """List them; with a name find that one. Codex is started by the command line, if at all.

    Raises:
        CoreError: `no_thread_named`; `nothing_can_serve` where the named one cannot go on yet.
    """
    span = arguments.text("since")
    since = app.clock.now() - (USUAL if span is None else read_duration(span))
    records = await app.read_ledger(lambda file: last_turns(file, since)) or ()
    chats = tuple(_stopped(app, record) for record in records if ended_on_a_limit(record))
    typed = arguments.text("thread")
    if typed is None:
        messages = () if chats else (app.speech.say("No chat stands still because of a limit."),)
        return StoppedChats(chats=chats, thread=None, messages=messages)
    named = _named(chats, typed)
    if not named.ready:
        raise _not_yet(app, named)
    return StoppedChats(chats=(named,), thread=named.thread, messages=())


def ended_on_a_limit(record: RequestRecord) -> bool:
    """Whether a limit was the last word of this turn's thread."""
    if record.status == TOO_MANY_REQUESTS:
        return True
    return record.result is Result.REFUSED and record.because in _LIMITS


def _stopped(app: App, record: RequestRecord) -> Stopped:
    thread = record.facts.thread or ThreadId("")
    decision = _now(app, record)
    account = decision.account if isinstance(decision, Use) else None
    known = None if account is None else app.state.accounts.get(account)
    return Stopped(
        thread=thread,
        stopped_at=record.started_at,
        model=record.facts.model,
        ready=account is not None,
        account=account,
        label="" if known is None else known.label,
        until=decision.until if isinstance(decision, Refuse | Wait) else None,
        request=record.id,
    )


def _now(app: App, record: RequestRecord) -> Decision:
    """What would be decided about the thread's next turn; nothing is remembered."""
    facts = record.facts
    return select(
        state=app.state,
        observed=app.observed,
        facts=Facts(
            kind=RequestKind.RESPONSES,
            thread=facts.thread,
            parent=facts.parent,
            model=facts.model,
            client=facts.client,
            project=facts.project,
            pool=facts.pool,
        ),
        tried=frozenset(),
        chances=Chances(settings=app.settings.routing, now=app.clock.now(), draw=app.draw()),
    )


def _named(chats: tuple[Stopped, ...], typed: str) -> Stopped:
    known = [chat for chat in chats if chat.thread.startswith(typed)]
    if len(known) == 1:
        return known[0]
    message = (
        Sentence("“{typed}” fits {count} chats.", typed=typed, count=len(known))
        if known
        else Sentence(
            "No chat that stands still because of a limit is called “{typed}”.", typed=typed
        )
    )
    hint = "`turntable resume-stopped` lists them."
    raise CoreError("no_thread_named", message, hint, exit_code=ExitCode.USAGE)


def _not_yet(app: App, chat: Stopped) -> CoreError:
    message = "Nobody could serve this chat now; it was not started."
    hint = "`turntable forecast` says who is back when."
    if chat.until is not None:
        when = app.speech.clock(chat.until, app.clock.now())
        hint = app.speech.say("Somebody could from {time} on.", time=when)
    return CoreError("nothing_can_serve", message, hint, exit_code=ExitCode.NOTHING_CAN_SERVE)
