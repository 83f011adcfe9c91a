"""Checks of Codex: what it would really do, and what stands in its way."""

import asyncio
from pathlib import Path

from core.binding.detours import swallowed_by
from core.codex_home.app_server import way_in_force
from core.codex_home.auth_file import AUTH_FILE, read_auth_file
from core.codex_home.auth_json import has_run_out
from core.codex_home.find import find_programs, version_of
from core.doctor.elsewhere import is_here, why_elsewhere
from core.doctor.finding import Finding, Health, Subject
from core.domain.binding import BindState
from core.domain.errors import CoreError
from core.words.speech import Speech

GUARD_FAILED = "guard_failed"
_ANSWER_S = 15.0
_LOGIN_ENDED = frozenset({"login_missing", "login_signed_out", "login_empty"})


async def bind(subject: Subject) -> Finding:
    """Codex's settings are as we left them."""
    say, state = subject.speech.say, subject.bind.state
    title = say("Codex’s settings")
    fix = say("openai_base_url in {home} will name this Turntable.", home=subject.bind.codex_home)
    match state:
        case BindState.UNBOUND:
            text = say("Codex is not routed through Turntable, by your choice.")
            return Finding(check="bind", title=title, health=Health.GOOD, text=text)
        case BindState.BOUND if subject.port is not None and subject.bind.port != subject.port:
            text = say(
                "Codex is sent to port {old}, but port {new} serves.",
                old=subject.bind.port,
                new=subject.port,
            )
            return Finding(check="bind", title=title, health=Health.BAD, text=text, fix=fix)
        case BindState.BOUND:
            return _watched(subject, title)
        case _:
            return Finding(
                check="bind",
                title=title,
                health=Health.BAD,
                text=subject.bind.because,
                hint=say("`turntable unbind` gives the file back instead."),
                fix=fix if subject.port is not None else "",
            )


def _watched(subject: Subject, title: str) -> Finding:
    """Codex is routed; whether somebody gives it back, should Turntable be killed."""
    say = subject.speech.say
    trouble = next((n.text for n in subject.report.notices if n.code == GUARD_FAILED), "")
    if not subject.settings.bind.watch:
        return Finding(
            check="bind",
            title=title,
            health=Health.ODD,
            text=say(
                "Codex is routed through Turntable, and no guard watches: if Turntable is killed, "
                "Codex stays routed until the next start."
            ),
            hint=say("`turntable config set bind.watch true` lets a guard give Codex back."),
        )
    if trouble:
        return Finding(
            check="bind",
            title=title,
            health=Health.ODD,
            text=trouble,
            hint=say("log/guard.log in the data folder says why."),
        )
    text = say("Codex is routed through Turntable; a guard gives it back if Turntable is killed.")
    return Finding(check="bind", title=title, health=Health.GOOD, text=text)


async def in_force(subject: Subject) -> Finding:
    """Codex itself says which address new threads would use."""
    say = subject.speech.say
    title = say("What Codex itself says")
    programs = find_programs(subject.environment)
    if not programs:
        text = say("No Codex is installed here, or not on the PATH of this program.")
        return Finding(check="in-force", title=title, health=Health.UNKNOWN, text=text)
    program = programs[0]
    try:
        way = await way_in_force(
            program, home=subject.bind.codex_home, env=subject.environment, answer_s=_ANSWER_S
        )
    except CoreError as error:
        return Finding(
            check="in-force",
            title=title,
            health=Health.ODD,
            text=subject.speech.retell(error.message),
            hint=subject.speech.retell(error.hint),
        )
    if subject.secret is None:
        text = say("It uses its own login, without Turntable.")
        return Finding(check="in-force", title=title, health=Health.GOOD, text=text)
    if is_here(way, secret=subject.secret, port=subject.port):
        text = say("It would send new chats here.")
        others = await _others(subject, programs)
        return Finding(
            check="in-force", title=title, health=Health.GOOD, text=f"{text} {others}".rstrip()
        )
    return Finding(
        check="in-force",
        title=title,
        health=Health.BAD,
        text=say("The key is set, but Codex would go elsewhere."),
        hint=why_elsewhere(way, subject.speech),
    )


async def _others(subject: Subject, programs: tuple[Path, ...]) -> str:
    """Which Codex was asked, where several are installed; empty for one."""
    if len(programs) == 1:
        return ""
    home = subject.bind.codex_home
    versions = await asyncio.gather(
        *(version_of(program, home=home, env=subject.environment) for program in programs)
    )
    named = (
        f"{program} ({version or '?'})" for program, version in zip(programs, versions, strict=True)
    )
    return subject.speech.say(
        "Several are installed, and the first was asked: {programs}.", programs=", ".join(named)
    )


async def login(subject: Subject) -> Finding:
    """Codex's own login is alive: what it falls back to when we are gone."""
    say = subject.speech.say
    title, home = say("Codex’s own login"), subject.bind.codex_home
    try:
        found = await asyncio.to_thread(read_auth_file, home / AUTH_FILE)
    except CoreError as error:
        gone = error.code in _LOGIN_ENDED
        return Finding(
            check="login",
            title=title,
            health=Health.ODD,
            text=subject.speech.retell(error.message),
            hint=say("Codex asks for a login of its own even while it is routed: `codex login`.")
            if gone
            else subject.speech.retell(error.hint),
        )
    if has_run_out(found.login.credentials, subject.now):
        text = say("Its access token has run out; Codex renews it when it is used.")
        return Finding(check="login", title=title, health=Health.ODD, text=text)
    text = say("It is whole, and has not run out.")
    return Finding(check="login", title=title, health=Health.GOOD, text=text)


async def egress(subject: Subject) -> Finding:
    """No egress proxy swallows what Codex sends to this machine."""
    say = subject.speech.say
    title = say("Egress proxy")
    trap = swallowed_by(subject.environment)
    if trap is None:
        return Finding(
            check="egress", title=title, health=Health.GOOD, text=_no_trap(subject.speech)
        )
    return Finding(
        check="egress",
        title=title,
        health=Health.BAD,
        text=swallowing(trap, subject.speech),
        hint=say("Add 127.0.0.1,localhost to NO_PROXY where the variable is set."),
    )


def swallowing(variable: str, speech: Speech) -> str:
    """What an egress proxy does to a routed Codex."""
    return speech.say(
        "{variable} is set and NO_PROXY does not name 127.0.0.1: what Codex sends here "
        "would go out to that proxy instead.",
        variable=variable,
    )


def _no_trap(speech: Speech) -> str:
    return speech.say("Nothing stands between Codex and this machine.")
