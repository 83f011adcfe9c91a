"""profile: named sets of routing settings, and which of them is used."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.app import App
from core.control.verb import Arguments
from core.domain.errors import CoreError, ExitCode
from core.domain.profiles import IN_USE, NONE, Profile, make_profile
from core.domain.sentence import Sentence
from core.domain.settings import Value, parse_value
from core.storage.settings_edits import drop_profile, put_profile, set_in_file, unset_in_file
from core.storage.settings_file import Source
from core.words.rules import profile_sentence

_ABOVE = (Source.ENVIRONMENT, Source.COMMAND_LINE)
"""What a profile does not change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProfile:
    """A profile: what it says, by the keys of settings, and whether it is used."""

    name: str
    values: Mapping[str, Value]
    help: str
    built_in: bool
    in_use: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """The answer of `profile`: every profile, which is used (empty: none), and what was done."""

    action: str
    profiles: tuple[ShownProfile, ...]
    in_use: str
    messages: tuple[str, ...]


async def profile(app: App, arguments: Arguments) -> Profiles:
    """List profiles, make or remove one, use one or none."""
    action, name = arguments.text("action") or "list", arguments.text("name")
    messages: tuple[str, ...] = ()
    match action:
        case "set":
            messages = (_set(app, _needed(action, name), arguments.rest("values")),)
        case "use":
            messages = _use(app, _needed(action, name))
        case "remove":
            messages = (_remove(app, _needed(action, name)),)
        case _:
            pass
    in_use = _in_use(app)
    return Profiles(
        action=action,
        profiles=tuple(
            _shown(app, one, in_use=one.name == in_use)
            for one in app.configuration.profiles.values()
        ),
        in_use=in_use,
        messages=messages,
    )


def _set(app: App, name: str, typed: tuple[str, ...]) -> str:
    if not typed:
        raise _usage("profile set needs what it says, such as routing.strategy=sticky.")
    values = dict(_value(text) for text in typed)
    made = make_profile(name, values)
    put_profile(app.home.settings, made)
    app.reload_settings()
    if _in_use(app) == name:
        return app.speech.say("The profile {name} is kept, and counts now.", name=name)
    return app.speech.say(
        "The profile {name} is kept; `turntable profile use {name}` lets it count.", name=name
    )


def _use(app: App, name: str) -> tuple[str, ...]:
    say = app.speech.say
    if name == NONE:
        unset_in_file(app.home.settings, IN_USE)
    else:
        _known(app, name)
        set_in_file(app.home.settings, IN_USE, name)
    app.reload_settings()
    if app.configuration.explain(IN_USE).source in _ABOVE:
        return (say("An environment variable says otherwise, and wins."),)
    if name == NONE:
        return (say("No profile is used: the settings count as they are."),)
    done = say("The profile {name} is used for every request from now on.", name=name)
    kept = [f"{key} = {value}" for key, value in _outvoted(app, _known(app, name))]
    if not kept:
        return (done,)
    return (
        done,
        say(
            "The environment or the command line says otherwise of this, and wins: {kept}.",
            kept=", ".join(kept),
        ),
    )


def _outvoted(app: App, used: Profile) -> Iterator[tuple[str, Value]]:
    """What stands above a profile and differs from it."""
    for key, wanted in used.values.items():
        explained = app.configuration.explain(key)
        if explained.source in _ABOVE and explained.value != wanted:
            yield key, explained.value


def _remove(app: App, name: str) -> str:
    if _known(app, name).built_in:
        raise _usage(Sentence("{name} came with the program and stays.", name=name))
    if _in_use(app) == name:
        message = Sentence("The profile {name} is used; nothing was changed.", name=name)
        hint = "`turntable profile use none` first."
        raise CoreError("profile_in_use", message, hint, exit_code=ExitCode.USAGE)
    drop_profile(app.home.settings, name)
    app.reload_settings()
    return app.speech.say("The profile {name} is removed.", name=name)


def _known(app: App, name: str) -> Profile:
    profiles = app.configuration.profiles
    if name not in profiles:
        message = Sentence("There is no profile {name}.", name=name)
        hint = Sentence("There are: {names}.", names=", ".join(profiles))
        raise CoreError("no_such_profile", message, hint, exit_code=ExitCode.USAGE)
    return profiles[name]


def _in_use(app: App) -> str:
    name = app.settings.routing.profile
    return "" if name == NONE else name


def _shown(app: App, one: Profile, *, in_use: bool) -> ShownProfile:
    return ShownProfile(
        name=one.name,
        values=dict(one.values),
        help=profile_sentence(one.name, app.speech),
        built_in=one.built_in,
        in_use=in_use,
    )


def _value(text: str) -> tuple[str, Value]:
    """`routing.strategy=sticky`, or without the section, as it stands in a profile."""
    key, equals, typed = text.partition("=")
    if not equals:
        raise _usage(Sentence("“{text}” is no KEY=VALUE.", text=text))
    whole = key if "." in key else f"routing.{key}"
    return whole, parse_value(whole, typed)


def _needed(action: str, name: str | None) -> str:
    if name is None:
        raise _usage(Sentence("profile {action} needs a name.", action=action))
    return name


def _usage(message: str) -> CoreError:
    hint = "`turntable profile --help` says more."
    return CoreError("usage", message, hint, exit_code=ExitCode.USAGE)
