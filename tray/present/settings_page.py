"""The settings as a page: made from their declarations and from what `config` says of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.control.facade import JsonValue
from core.domain.settings import Declaration, declarations
from core.words.speech import Speech
from tray.present.answer import Answer
from tray.present.entries import Perform
from tray.present.setting_names import setting_names

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
        title: what people call it.
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
    """Every declared setting that the engine knows: sections as below, then as declared."""
    declared, names, order = declarations(), setting_names(speech), list(sections(speech))
    shown = {part.text("key"): part for part in answer.parts("settings")}
    known = (key for key in declared if key in shown)
    by_section = sorted(known, key=lambda key: order.index(key.partition(".")[0]))
    return tuple(_setting(key, declared[key], names[key], shown[key], speech) for key in by_section)


def sections(speech: Speech) -> Mapping[str, str]:
    """Section → its heading; what people change most comes first."""
    return {
        "ui": speech.say("Look and language"),
        "notify": speech.say("Messages"),
        "routing": speech.say("Rotation"),
        "quota": speech.say("Limits"),
        "tokens": speech.say("Logins"),
        "bind": speech.say("Route Codex"),
        "usage": speech.say("Record"),
        "proxy": speech.say("Proxy"),
        "upstream": speech.say("Back end"),
        "log": speech.say("Log"),
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


def _setting(key: str, declared: Declaration, title: str, shown: Answer, speech: Speech) -> Setting:
    source = shown.text("source")
    value = as_typed(shown.raw("value"))
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
        "{low} to {high}",
        low=_number(declared.minimum, speech),
        high=_number(declared.maximum, speech),
    )


def _number(value: float, speech: Speech) -> str:
    return speech.number(value, places=0 if float(value).is_integer() else 1)


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
