"""Checks of what stands beside us: other tools, profiles and variables of their own way."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from core.binding.config_file import find_config
from core.binding.detours import login_variables, profile_detours
from core.binding.local_providers import LocalProvider, local_providers
from core.doctor.finding import Finding, Health, Subject
from core.domain.binding import Replaces
from core.domain.errors import CoreError
from core.words.speech import Speech

_ANSWER_S = 1.0
_PROFILE = ".config.toml"


async def other_tools(subject: Subject) -> Finding:
    """No other tool has left an address in Codex's settings that nobody answers any more."""
    say = subject.speech.say
    title = say("Other tools")
    if subject.plan is None:
        text = say("Codex’s settings cannot be read.")
        return Finding(check="other-tools", title=title, health=Health.UNKNOWN, text=text)
    dead = await dead_providers(subject.bind.codex_home)
    chosen = next((provider for provider in dead if provider.chosen), None)
    if chosen is not None:
        return Finding(
            check="other-tools",
            title=title,
            health=Health.BAD,
            text=say(
                "Codex’s settings choose the provider {name} of another tool; nobody answers at "
                "its port {port}.",
                name=chosen.name,
                port=chosen.port,
            ),
            fix=say(
                "The line model_provider = “{name}” will go from {file}; what the provider is "
                "stays, for old chats.",
                name=chosen.name,
                file=subject.plan.config,
            ),
        )
    return _by_the_key(subject, title) or _by_blocks(subject, title, dead)


def _by_the_key(subject: Subject, title: str) -> Finding | None:
    """What the one key holds that is not ours."""
    say, plan = subject.speech.say, subject.plan
    health = Health.ODD
    match plan and plan.replaces:
        case Replaces.ORPHAN:
            text = say("An old address of Turntable stands in Codex’s settings; nobody answers.")
            health = Health.BAD
        case Replaces.LOOPBACK:
            text = say(
                "Another local program’s address stands in Codex’s settings: {found}.",
                found=(plan and plan.found) or "",
            )
        case Replaces.GATEWAY:
            text = say("A gateway stands in Codex’s settings: {found}.", found=plan and plan.found)
        case _:
            return None
    hint = say("Routing Codex replaces it, and gives it back; else remove the line yourself.")
    return Finding(check="other-tools", title=title, health=health, text=text, hint=hint)


def _by_blocks(subject: Subject, title: str, dead: tuple[LocalProvider, ...]) -> Finding:
    say = subject.speech.say
    if not dead:
        text = say("None has changed where Codex goes.")
        return Finding(check="other-tools", title=title, health=Health.GOOD, text=text)
    names = ", ".join(provider.name for provider in dead)
    return Finding(
        check="other-tools",
        title=title,
        health=Health.ODD,
        text=say("Nobody answers at these providers in Codex’s settings: {names}.", names=names),
        hint=say("They harm nothing while none is chosen; old chats may need them."),
    )


async def dead_providers(home: Path) -> tuple[LocalProvider, ...]:
    """The local providers of a home's settings at whose port nobody answers."""
    try:
        config = await asyncio.to_thread(find_config, home)
        known = local_providers(config.content, name=str(config.path))
    except CoreError:
        return ()  # `bind` says so in its own finding
    answers = await asyncio.gather(*(_answers(provider.port) for provider in known))
    return tuple(p for p, answered in zip(known, answers, strict=True) if not answered)


async def _answers(port: int) -> bool:
    for host in ("127.0.0.1", "::1"):
        try:
            async with asyncio.timeout(_ANSWER_S):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            continue
        writer.close()
        return True
    return False


async def detours(subject: Subject) -> Finding:
    """No profile and no variable lets Codex go its own way although it is routed."""
    say = subject.speech.say
    title = say("Ways past Turntable")
    found = await ways_past(subject.bind.codex_home, subject.environment, subject.speech)
    if not found:
        text = say("No profile and no variable leads past Turntable.")
        return Finding(check="detours", title=title, health=Health.GOOD, text=text)
    hint = say("That is all right where it is meant; else remove them there.")
    return Finding(check="detours", title=title, health=Health.ODD, text=" ".join(found), hint=hint)


async def ways_past(home: Path, environment: Mapping[str, str], speech: Speech) -> tuple[str, ...]:
    """A sentence for each profile of the home, and each variable, that leads past us."""
    profiles = profile_detours(await asyncio.to_thread(_profiles, home))
    say = speech.say
    return (
        *(
            say(
                "`codex -p {profile}` goes its own way, by {key}.",
                profile=one.profile,
                key=one.key,
            )
            for one in profiles
        ),
        *(
            say("{variable} is set: Codex uses it instead of its own login.", variable=name)
            for name in login_variables(environment)
        ),
    )


def _profiles(home: Path) -> dict[str, bytes]:
    found = {}
    for path in home.glob(f"*{_PROFILE}"):
        try:
            found[path.name.removesuffix(_PROFILE)] = path.read_bytes()
        except OSError:
            continue  # Codex cannot use it either
    return found
