"""The settings as a page: made from their declarations and from what `config` says of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.control.facade import JsonValue
from core.domain.settings import Declaration, declarations
from core.words.speech import Speech
from tray.present.answer import Answer
from tray.present.entries import Perform

_SPELLED = {"url": "URL", "ca": "CA", "ttl": "TTL", "ntfy": "ntfy"}


EXPLAIN = Perform(verb="config", arguments={"action": "explain"})


class Editor(StrEnum):
    """What a value is changed with."""

    FLAG = "flag"
    CHOICE = "choice"
    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting.

    Attributes:
        key: `section.name`.
        title: the name, with spaces.
        help: one sentence.
        editor: what it is changed with.
        value: as typed.
        choices: the only words, where there are some.
        limits: the range in words; empty without one.
        source: where the value comes from, in words.
        held: why it cannot be changed here; empty when it can.
        changed: whether it differs from the default.
        words: everything that a search looks through, in lower case.
    """

    key: str
    title: str
    help: str
    editor: Editor
    value: str
    choices: tuple[str, ...]
    limits: str
    source: str
    held: str
    changed: bool
    words: str


def settings(answer: Answer, *, speech: Speech) -> tuple[Setting, ...]:
    """Every declared setting that the engine knows, in the order of the declarations."""
    declared = declarations()
    shown = {part.text("key"): part for part in answer.parts("settings")}
    return tuple(
        _setting(key, declared[key], shown[key], speech) for key in declared if key in shown
    )


def sections(speech: Speech) -> Mapping[str, str]:
    """Section → its heading; a section without one is called by its own name."""
    return {
        "proxy": speech.say("Proxy"),
        "upstream": speech.say("Back end"),
        "routing": speech.say("Rotation"),
        "quota": speech.say("Limits"),
        "tokens": speech.say("Logins"),
        "bind": speech.say("Route Codex"),
        "notify": speech.say("Messages"),
        "ui": speech.say("Look and language"),
        "log": speech.say("Log"),
        "usage": speech.say("Record"),
        "update": speech.say("Updates"),
    }


def change(setting: Setting, value: str) -> Perform:
    """Set it."""
    arguments: dict[str, JsonValue] = {"action": "set", "key": setting.key, "value": value}
    return Perform(verb="config", arguments=arguments)


def undo(before: Setting) -> Perform:
    """What makes a setting as it was in `before`."""
    return change(before, before.value) if before.changed else reset(before)


def reset(setting: Setting) -> Perform:
    """Back to the default."""
    return Perform(verb="config", arguments={"action": "unset", "key": setting.key})


def found(setting: Setting, typed: str) -> bool:
    """Whether every word that was typed stands somewhere in the setting."""
    return all(word in setting.words for word in typed.lower().split())


def _setting(key: str, declared: Declaration, shown: Answer, speech: Speech) -> Setting:
    source = shown.text("source")
    value = as_typed(shown.raw("value"))
    title = _title(key.partition(".")[2])
    help_ = speech.say(declared.help)
    return Setting(
        key=key,
        title=title,
        help=help_,
        editor=_editor(declared, shown.raw("value")),
        value=value,
        choices=declared.choices,
        limits=_limits(declared, speech),
        source=_source(source, speech),
        held=_held(source, key, speech),
        changed=source != "default",
        words=f"{key} {title} {help_} {value}".lower(),
    )


def _editor(declared: Declaration, value: JsonValue) -> Editor:
    if declared.choices:
        return Editor.CHOICE
    match value:
        case bool():
            return Editor.FLAG
        case int() | float():
            return Editor.NUMBER
        case _:
            return Editor.TEXT


def as_typed(value: JsonValue) -> str:
    """A value as a person types it, and as settings.toml takes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:g}"
        case list():
            return ", ".join(str(part) for part in value)
        case None:
            return ""
        case _:
            return str(value)


def _limits(declared: Declaration, speech: Speech) -> str:
    if declared.minimum is None or declared.maximum is None:
        return ""
    return speech.say(
        "{low} to {high}", low=_number(declared.minimum), high=_number(declared.maximum)
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:g}"


def _title(name: str) -> str:
    """`connect_timeout_s` → `Connect timeout`; the unit stands in the sentence below."""
    words = name.removesuffix("_s").split("_")
    spelled = " ".join(_SPELLED.get(word, word) for word in words)
    return spelled[:1].upper() + spelled[1:]


_PROFILE = "profile "
"""How `config explain` begins the source of a value that a profile says."""


def _source(source: str, speech: Speech) -> str:
    match source:
        case "default":
            return speech.say("default")
        case "settings.toml":
            return speech.say("from settings.toml")
        case "environment":
            return speech.say("from an environment variable")
        case _ if source.startswith(_PROFILE):
            return speech.say("from the profile {name}", name=source.removeprefix(_PROFILE))
        case _:
            return speech.say("from the command line")


def _held(source: str, key: str, speech: Speech) -> str:
    section, _, name = key.partition(".")
    match source:
        case "environment":
            variable = f"TURNTABLE_{section}_{name}".upper()
            return speech.say("{variable} holds it; change it there.", variable=variable)
        case "default" | "settings.toml":
            return ""
        case _ if source.startswith(_PROFILE):
            name = source.removeprefix(_PROFILE)
            return speech.say("The profile {name} holds it.", name=name)
        case _:
            return speech.say("The command line holds it for as long as this Turntable runs.")
