"""bind and unbind: Codex routed here, and given back."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.app import App
from core.control.verb import Arguments
from core.domain.binding import BindReceipt, BindState, Replaces, UndoResult
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.startup.entry import Kind, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What Codex itself says of the bind: `in_force`, `not_in_force` or `skipped`, and why."""

    result: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """How a home stands, after a bind or a look."""

    state: BindState
    codex_home: str
    port: int | None
    changed: bool
    verification: Verification | None
    diff: str
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbound:
    """What an unbind did; `exit_code` 6 when a later value was left alone."""

    result: UndoResult
    codex_home: str
    config: str
    exit_code: int
    messages: tuple[str, ...]


async def bind(app: App, arguments: Arguments) -> Bound:
    """Set the one key, and ask Codex itself whether it is in force."""
    home = app.codex_home(arguments.text("codex_home"))
    if arguments.text("action") == "status":
        return await _look(app, home)
    if arguments.text("action") == "diff" or arguments.flag("dry_run"):
        return await _plan(app, home)
    receipt = await app.bind(
        home, replace=arguments.flag("replace"), rotate=arguments.flag("rotate")
    )
    verification = await _verify(app, receipt)
    return Bound(
        state=BindState.BOUND,
        codex_home=str(receipt.codex_home),
        port=receipt.port,
        changed=receipt.changed,
        verification=verification,
        diff="",
        messages=(
            *_said(app, receipt),
            verification.because,
            *await _in_the_way(app, receipt.codex_home),
        ),
    )


async def unbind(app: App, arguments: Arguments) -> Unbound:
    """Give the key back; what somebody changed since is left alone and reported."""
    home = app.codex_home(arguments.text("codex_home"))
    receipt = await app.unbind(home, force=arguments.flag("force"))
    sentence = {
        UndoResult.RESTORED: "{config} is as it was before; new Codex chats use Codex’s own login.",
        UndoResult.ALREADY_GONE: "Turntable’s key was gone already; {config} was left as it is.",
        UndoResult.LEFT_ALONE: (
            "Somebody changed openai_base_url in {config} since it was bound; it was left alone. "
            "`turntable unbind --force` puts the old value back."
        ),
        UndoResult.NOT_BOUND: "{config} was not routed through Turntable; nothing was changed.",
    }[receipt.result]
    return Unbound(
        result=receipt.result,
        codex_home=str(receipt.codex_home),
        config=str(receipt.config),
        exit_code=int(receipt.exit_code),
        messages=(app.speech.say(sentence, config=receipt.config),),
    )


async def _look(app: App, home: Path) -> Bound:
    status = await app.bind_status(home)
    sentence = {
        BindState.BOUND: "Codex in {home} is routed through Turntable (port {port}).",
        BindState.UNBOUND: "Codex in {home} is not routed through Turntable.",
        BindState.DRIFTED: "Codex in {home} was routed, but: {because}",
        BindState.BROKEN: "Codex in {home} is not routed for certain: {because}",
    }[status.state]
    message = app.speech.say(
        sentence, home=status.codex_home, port=status.port, because=status.because
    )
    return Bound(
        state=status.state,
        codex_home=str(status.codex_home),
        port=status.port,
        changed=False,
        verification=None,
        diff="",
        messages=(message,),
    )


async def _plan(app: App, home: Path) -> Bound:
    port = app.port or app.settings.proxy.port
    plan = await app.bind_plan(home, port)
    messages = []
    if not plan.diff:
        messages.append(app.speech.say("Nothing would change in {config}.", config=plan.config))
    if plan.needs_replace:
        messages.append(
            app.speech.say(
                "Another gateway’s address stands there ({found}); `turntable bind --replace` "
                "replaces it, and `turntable unbind` gives it back.",
                found=plan.found,
            )
        )
    if app.settings.bind.watch:
        entry = app.startup.look(Kind.GUARD)
        if entry.standing is not Standing.READY:
            messages.append(
                app.speech.say(
                    "An entry for the next login would be made too, should even the guard be "
                    "killed: {place}; `turntable unbind` removes it.",
                    place=entry.place,
                )
            )
    messages += await _in_the_way(app, home)
    status = await app.bind_status(home)
    return Bound(
        state=status.state,
        codex_home=str(plan.codex_home),
        port=port,
        changed=False,
        verification=None,
        diff=plan.diff,
        messages=tuple(messages),
    )


async def _in_the_way(app: App, home: Path) -> tuple[str, ...]:
    """What lets Codex go past us all the same: profiles, variables, an egress proxy."""
    from core.binding.detours import swallowed_by
    from core.doctor.codex_checks import swallowing
    from core.doctor.neighbour_checks import ways_past

    trap = swallowed_by(app.environment)
    swallowed = () if trap is None else (swallowing(trap, app.speech),)
    return (*swallowed, *await ways_past(home, app.environment, app.speech))


def _said(app: App, receipt: BindReceipt) -> Iterator[str]:
    """What was done, and what became of the address that stood there."""
    say = app.speech.say
    if not receipt.changed:
        yield say("Codex is routed through Turntable already.")
        return
    yield say(
        "Codex is routed through Turntable: openai_base_url in {config}. New chats use it at once.",
        config=receipt.config,
    )
    if receipt.replaces in (Replaces.LOOPBACK, Replaces.GATEWAY):
        yield say("It replaces {old}, which `turntable unbind` gives back.", old=receipt.replaced)
    if receipt.replaces is Replaces.ORPHAN:
        yield say("An old address of Turntable stood there; nobody answered at it.")


async def _verify(app: App, receipt: BindReceipt) -> Verification:
    """Ask the installed Codex which address is in force in that home."""
    from core.codex_home.app_server import way_in_force
    from core.codex_home.find import find_program
    from core.doctor.elsewhere import is_here, why_elsewhere

    program = find_program(app.environment)
    if program is None:
        because = app.speech.say("Verification skipped: no Codex is installed here.")
        return Verification(result="skipped", because=because)
    try:
        way = await way_in_force(program, home=receipt.codex_home, env=app.environment)
    except CoreError as error:
        because = app.speech.say("Verification skipped: {why}", why=error.message)
        return Verification(result="skipped", because=because)
    if is_here(way, secret=receipt.secret.value, port=receipt.port):
        because = app.speech.say("Verified: Codex itself says that it is in force.")
        return Verification(result="in_force", because=because)
    raise CoreError(
        "bind_not_in_force",
        Sentence(
            "The key is set, but Codex says that it would go elsewhere; it was left bound. {why}",
            why=why_elsewhere(way, app.speech),
        ),
        "`turntable unbind` gives the file back.",
        exit_code=ExitCode.FAILED,
    )
