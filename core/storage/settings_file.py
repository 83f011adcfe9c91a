"""settings.toml → `Settings`: what counts, and who said so.

Sources, later wins: default → the file → the profile in use → `TURNTABLE_<SECTION>_<KEY>` → the
command line. For each key it is known which of them spoke. Profiles of the user's own stand in the
file, too: `[profiles.NAME]` with the names of `routing.*`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import cast

from core.domain.errors import CoreError
from core.domain.profiles import (
    BUILT_IN,
    IN_USE,
    NONE,
    Profile,
    make_profile,
    overlaid,
)
from core.domain.sentence import Sentence
from core.domain.settings import (
    Settings,
    Value,
    declarations,
    parse_value,
    value_of,
    with_value,
)
from core.storage.settings_text import at, line_of, no_section, parsed, refused, text_of

_SECTIONS = tuple(section.name for section in fields(Settings))
_PREFIXES = tuple(f"TURNTABLE_{section.upper()}_" for section in _SECTIONS)
PROFILES = "profiles"
"""The table that holds them in the file."""


class Source(StrEnum):
    """Who said what a setting is; the later one wins."""

    DEFAULT = "default"
    FILE = "settings.toml"
    PROFILE = "profile"
    ENVIRONMENT = "environment"
    COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A setting's value and where it comes from."""

    value: Value
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The settings as they count.

    Attributes:
        settings: all of them.
        sources: who said it, for keys that are not at their default.
        in_file: what settings.toml itself says, whoever speaks after it.
        profiles: those that came with the program, and the user's own, by name.
        warnings: sentences on what was passed over: unknown keys, and variables that may not count.
    """

    settings: Settings
    sources: Mapping[str, Source]
    in_file: Mapping[str, Value]
    profiles: Mapping[str, Profile]
    warnings: tuple[str, ...]

    def explain(self, key: str) -> Explained:
        """The value of a key, and its source.

        Raises:
            CoreError: `unknown_setting`, exit code usage.
        """
        source = self.sources.get(key, Source.DEFAULT)
        return Explained(value=value_of(self.settings, key), source=source)


def read_configuration(
    path: Path, *, environment: Mapping[str, str], overrides: Mapping[str, str] | None = None
) -> Configuration:
    """The settings of all sources. A file that is missing is an empty one.

    Args:
        path: settings.toml.
        environment: the process's variables; only `TURNTABLE_<SECTION>_<KEY>` are looked at.
        overrides: from the command line, by key, as typed.

    Raises:
        CoreError: `config_invalid` (file, line, key), `bad_setting` (variable or key), or
            `unknown_setting` for an override; nothing counts then.
    """
    overrides = overrides or {}
    document, text = _read(path)
    profiles = profiles_in(document, path)
    settings, sources, warnings = _with_file(document, text, path)
    in_file = {key: value_of(settings, key) for key in sources}
    used = overrides.get(IN_USE, environment.get(variable(IN_USE), settings.routing.profile))
    if used not in ("", NONE):
        profile = used_profile(profiles, used)
        settings = overlaid(settings, profile)
        sources |= dict.fromkeys(profile.values, Source.PROFILE)
    keys = {variable(key): key for key in declarations()}
    for name in sorted(environment):
        if not name.startswith(_PREFIXES):
            continue
        key = keys.get(name, "")
        if not key:
            warnings.append(
                Sentence("{name}: there is no such setting; it was passed over.", name=name)
            )
        elif declarations()[key].file_only:
            warnings.append(
                Sentence(
                    "{name} was passed over: {key} counts only in {path}.",
                    name=name,
                    key=key,
                    path=path,
                )
            )
        else:
            settings = _with_text(settings, key, environment[name], said_by=name)
            sources[key] = Source.ENVIRONMENT
    for key, typed in overrides.items():
        if key in declarations() and declarations()[key].file_only:
            raise refused(
                "bad_setting", Sentence("{key} counts only in {path}.", key=key, path=path)
            )
        settings = with_value(settings, key, parse_value(key, typed))
        sources[key] = Source.COMMAND_LINE
    return Configuration(
        settings=settings,
        sources=sources,
        in_file=in_file,
        profiles=profiles,
        warnings=tuple(warnings),
    )


def variable(key: str) -> str:
    """The environment variable of a setting: `proxy.port` → `TURNTABLE_PROXY_PORT`."""
    return "TURNTABLE_" + key.replace(".", "_").upper()


def _read(path: Path) -> tuple[dict[str, object], str]:
    text = text_of(path)
    return parsed(path, text), text


def profiles_in(document: Mapping[str, object], path: Path) -> dict[str, Profile]:
    """The profiles that came with the program, and those of the file.

    Raises:
        CoreError: `config_invalid`, with the table that is wrong.
    """
    found = dict(BUILT_IN)
    tables = document.get(PROFILES, {})
    if not isinstance(tables, Mapping):
        raise refused(
            "config_invalid",
            Sentence("{path}: {section} is a section, not a setting.", path=path, section=PROFILES),
        )
    for name, table in tables.items():
        if not isinstance(table, Mapping):
            what = Sentence(
                "{path}: {section}.{name} is a section, not a setting.",
                path=path,
                section=PROFILES,
                name=name,
            )
            raise refused(
                "config_invalid",
                what,
                Sentence(
                    "Write [{section}.{name}] above its settings.", section=PROFILES, name=name
                ),
            )
        values = {f"routing.{key}": _value(value) for key, value in table.items()}
        try:
            found[name] = make_profile(name, values)
        except CoreError as error:
            what = Sentence(
                "{path}, [{section}.{name}]: {message}",
                path=path,
                section=PROFILES,
                name=name,
                message=error.message,
            )
            raise refused("config_invalid", what, error.hint) from None
    return found


def used_profile(profiles: Mapping[str, Profile], name: str) -> Profile:
    """The profile of that name.

    Raises:
        CoreError: `bad_setting`, with the names that there are.
    """
    if name not in profiles:
        what = Sentence("{key}: there is no profile {name}.", key=IN_USE, name=name)
        raise refused(
            "bad_setting", what, Sentence("There are: {names}.", names=", ".join(profiles))
        )
    return profiles[name]


def _with_file(
    document: Mapping[str, object], text: str, path: Path
) -> tuple[Settings, dict[str, Source], list[str]]:
    settings, sources = Settings(), dict[str, Source]()
    warnings: list[str] = []
    for key, value in _entries(document):
        if key in _SECTIONS:
            raise no_section(path, text, key)
        if key not in declarations():
            warnings.append(
                Sentence(
                    "{path}: there is no setting {key}; it was passed over.", path=path, key=key
                )
            )
            continue
        try:
            settings = with_value(settings, key, _value(value))
        except CoreError as error:
            where = at(path, line_of(text, key))
            raise refused(
                "config_invalid",
                Sentence("{where}: {message}", where=where, message=error.message),
                error.hint,
            ) from None
        sources[key] = Source.FILE
    return settings, sources, warnings


def _entries(document: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Every `section.name` with its value; what is no table stands under its own name."""
    for section, content in document.items():
        if section == PROFILES:
            continue  # not settings: overlays of them
        if not isinstance(content, Mapping):
            yield section, content
            continue
        for name, value in content.items():
            yield f"{section}.{name}", value


def _value(value: object) -> Value:
    """TOML's value as a setting's: texts in a tuple; what fits no setting fails its check."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return cast("Value", value)


def _with_text(settings: Settings, key: str, text: str, *, said_by: str) -> Settings:
    try:
        return with_value(settings, key, parse_value(key, text))
    except CoreError as error:
        raise refused(
            error.code,
            Sentence("{said_by}: {message}", said_by=said_by, message=error.message),
            error.hint,
        ) from None
