"""login: a sign-in, step by step, for faces in this process and in others.

The first call begins it and names a session; each further call with that session waits for the next
step. The tokens stay in the process that signs in: steps hold none.
"""

import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from core.accounts.changes import require_label
from core.accounts.find import find_account
from core.accounts.roster import Admitted, Candidate, Outcome
from core.accounts.sign_in import Joined, JoinStep, join
from core.app import App
from core.control.verb import Arguments
from core.control.verbs.vault import first_recovery_code, told_code
from core.domain.account import Account, Refresher
from core.domain.errors import CoreError, ExitCode
from core.oauth.issuer import issuer_of
from core.oauth.login import Redeeming, SignIn, Step, TypeCode, Unproven, Visit, Wish
from core.proxy.upstream import base_of
from core.runtime.net import connector

WAIT_S = 20.0
"""How long a call waits for the next step; then it answers `waiting`, and is made again."""
PASTE_S = 900.0
"""How long a person may take to fetch the address that is pasted, in seconds."""
_WAYS = ("browser", "device", "paste")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInStep:
    """Where a sign-in stands.

    Attributes:
        session: names it, to ask on with; None: it is over.
        step: `visit` (open `url`), `type_code` (type `user_code` at `url`), `unproven` (a warning),
            `redeeming`, `waiting` (nothing new), `joined` (the account is here), `ended`.
        url: the issuer’s page.
        user_code: what the person types there.
        expires_at: until when.
        outcome: `joined`: added, updated or unchanged.
        account: `joined`: our id of it.
        number: `joined`: the `#N` to type.
        label: `joined`: what it is called.
        recovery_code: made with the first login, and shown this once.
        messages: the same, in sentences.
    """

    session: str | None
    step: str
    url: str | None = None
    user_code: str | None = None
    expires_at: datetime | None = None
    outcome: str | None = None
    account: str | None = None
    number: int | None = None
    label: str | None = None
    recovery_code: str | None = None
    messages: tuple[str, ...] = ()


async def login(app: App, arguments: Arguments) -> SignInStep:
    """Begin a sign-in, or wait for the next step of one."""
    session, desk = arguments.text("session"), app.joining.desk
    if session is None:
        session = await _begin(app, arguments)
    elif arguments.flag("end"):
        await desk.end(session)
        return SignInStep(session=None, step="ended")
    pasted = arguments.text("pasted")
    if pasted is not None:
        desk.paste(session, pasted)
    return await _described(app, session, await desk.next(session, within_s=WAIT_S))


async def _begin(app: App, arguments: Arguments) -> str:
    """Everything that can fail without the issuer fails before the person is sent there."""
    way = _way(arguments)
    upstream = app.settings.upstream
    sign_in = SignIn(
        connect=connector(upstream),
        auth_url=issuer_of(upstream),
        clock=app.clock,
        draw=os.urandom,
        speech=app.speech,
    )
    again: Account | None = None
    async with app.held("login"):
        await app.unlock(arguments.text("passphrase"))
        named, label = arguments.text("again"), arguments.text("label")
        if named is not None:
            again = find_account(app.state, named)
        if label is not None:
            require_label(app.state, label, but=None if again is None else again.id)
        # A browser that is signed in would bring the same account once more.
        wish = Wish(workspaces=_workspaces(arguments, again), fresh=bool(app.state.accounts))

    async def admit(candidate: Candidate) -> Admitted:
        async with app.held("login"):
            return await app.joining.roster.admit(candidate)

    def steps(read: Callable[[], Awaitable[str]]) -> AsyncGenerator[JoinStep]:
        allowed = base_of(upstream.base_url, allow_custom=upstream.allow_custom)
        return join(
            _steps(sign_in, way, wish, read),
            admit=admit,
            connect=connector(upstream),
            base_url=None if allowed is None else upstream.base_url.rstrip("/"),
            again=again,
            label=label or "",
        )

    return app.joining.desk.begin(steps, patience_s=PASTE_S if way == "paste" else None)


def _steps(
    sign_in: SignIn, way: str, wish: Wish, read: Callable[[], Awaitable[str]]
) -> AsyncGenerator[Step]:
    match way:
        case "device":
            return sign_in.device(wish)
        case "paste":
            return sign_in.paste(read, wish)
        case _:
            return sign_in.browser(wish)


def _way(arguments: Arguments) -> str:
    chosen = [way for way in _WAYS if arguments.flag(way)]
    if len(chosen) > 1:
        raise CoreError(
            "usage",
            "Choose one of --browser, --device and --paste.",
            "`turntable login --help` says more.",
            exit_code=ExitCode.USAGE,
        )
    return chosen[0] if chosen else "browser"


def _workspaces(arguments: Arguments, again: Account | None) -> tuple[str, ...]:
    named = arguments.text("workspace")
    if named is not None:
        return (named,)
    return () if again is None else (again.identity.workspace,)


async def _described(app: App, session: str, step: JoinStep | None) -> SignInStep:
    say = app.speech.say
    match step:
        case None:
            return SignInStep(session=session, step="waiting")
        case Visit(url=url):
            text = say("Sign in on this page: {url}", url=url)
            return SignInStep(session=session, step="visit", url=url, messages=(text,))
        case TypeCode(url=url, user_code=code, expires_at=until):
            text = say(
                "Open {url} and type {code}; it counts until {time}.",
                url=url,
                code=code,
                time=app.speech.clock(until, app.clock.now()),
            )
            return SignInStep(
                session=session,
                step="type_code",
                url=url,
                user_code=code,
                expires_at=until,
                messages=(text,),
            )
        case Unproven():
            text = say(
                "A bare code does not say which sign-in it belongs to. Go on only if you have "
                "fetched it yourself; the whole address is safer."
            )
            return SignInStep(session=session, step="unproven", messages=(text,))
        case Redeeming():
            return SignInStep(session=session, step="redeeming")
        case Joined(admitted=admitted):
            return await _joined(app, admitted)
        case _:
            assert_never(step)


async def _joined(app: App, admitted: Admitted) -> SignInStep:
    account, say = admitted.account, app.speech.say
    sentence = {
        Outcome.ADDED: "Signed in: #{n} {label} ({plan}).",
        Outcome.UPDATED: "Signed in again: #{n} {label} ({plan}).",
        Outcome.UNCHANGED: "#{n} {label} is here already.",
    }[admitted.outcome]
    plan = account.plan or say("plan unknown")
    messages = [say(sentence, n=account.number, label=account.label, plan=plan)]
    if admitted.replaced is Refresher.ELSEWHERE:
        messages.append(
            say(
                "Turntable renews this login from now on; the imported one is another and lives on."
            )
        )
    code: str | None = None
    if admitted.outcome is Outcome.ADDED:
        async with app.held("login"):
            if len(app.state.accounts) == 1:
                code = await _code(app)
    if code is not None:
        messages.extend(told_code(app, code))
    return SignInStep(
        session=None,
        step="joined",
        outcome=admitted.outcome.value,
        account=account.id,
        number=account.number,
        label=account.label,
        recovery_code=code,
        messages=tuple(messages),
    )


async def _code(app: App) -> str | None:
    await app.unlock()
    return await first_recovery_code(app)
