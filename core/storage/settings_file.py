"""settings.toml ⇄ `Settings`: edited by people and by us; comments and order survive.

Sources, later wins: default → the file → the profile in use → `TURNTABLE_<SECTION>_<KEY>` → the
command line. For each key it is known which of them spoke. Profiles of the user's own stand in the
file, too: `[profiles.NAME]` with the names of `routing.*`.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from core.domain.errors import CoreError, ExitCode
from core.domain.profiles import (
    BUILT_IN,
    IN_USE,
    MOST_PROFILES,
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
from core.storage.faults import translated
from core.storage.folders import write_private

_SECTIONS = tuple(section.name for section in fields(Settings))
_PREFIXES = tuple(f"TURNTABLE_{section.upper()}_" for section in _SECTIONS)
_BOM = "\ufeff"
_PROFILES = "profiles"
_TABLE = re.compile(r"^\s*\[\s*([A-Za-z0-9_\"'.\s-]+?)\s*\]\s*(?:#.*)?$")


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
    profiles = _profiles(document, path)
    settings, sources, warnings = _with_file(document, text, path)
    in_file = {key: value_of(settings, key) for key in sources}
    used = overrides.get(IN_USE, environment.get(variable(IN_USE), settings.routing.profile))
    if used not in ("", NONE):
        profile = _used(profiles, used)
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
            raise _refused(
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


def set_in_file(path: Path, key: str, text: str) -> Value:
    """Write one setting, as typed; everything else in the file stays as it is. The value written.

    Raises:
        CoreError: `unknown_setting`, `bad_setting`, `config_invalid`, or as the disk fails; the
            file is unchanged.
    """
    value = value_of(with_value(Settings(), key, parse_value(key, text)), key)
    if key == IN_USE and text not in ("", NONE):
        _used(_profiles(_read(path)[0], path), text)
    section, _, name = key.partition(".")

    def edit(document: MutableMapping[str, Any]) -> bool:
        table = document.setdefault(section, {})
        if not isinstance(table, MutableMapping):
            raise _no_section(path, _text(path), section)
        table[name] = list(value) if isinstance(value, tuple) else value
        return True

    _edited(path, edit)
    return value


def unset_in_file(path: Path, key: str) -> bool:
    """Remove one setting from the file, so that its default counts; False when it was not there.

    Raises:
        CoreError: `unknown_setting`, `config_invalid`, or as the disk fails; the file is unchanged.
    """
    value_of(Settings(), key)
    section, _, name = key.partition(".")

    def edit(document: MutableMapping[str, Any]) -> bool:
        table = document.get(section)
        if not isinstance(table, MutableMapping) or name not in table:
            return False
        del table[name]
        return True

    return _edited(path, edit)


def put_profile(path: Path, profile: Profile) -> None:
    """Keep a profile of the user's own in the file, in the place of the one of that name.

    Raises:
        CoreError: `config_invalid`, or as the disk fails; the file is unchanged.
    """

    def edit(document: MutableMapping[str, Any]) -> bool:
        table = document.setdefault(_PROFILES, {})
        if not isinstance(table, MutableMapping):
            raise _no_section(path, _text(path), _PROFILES)
        if len(table) >= MOST_PROFILES and profile.name not in table:
            raise _refused(
                "bad_profile", Sentence("There are {most} profiles already.", most=MOST_PROFILES)
            )
        table[profile.name] = {key.partition(".")[2]: v for key, v in profile.values.items()}
        return True

    _edited(path, edit)


def drop_profile(path: Path, name: str) -> bool:
    """Take a profile of the user's own out of the file; False when it was not there.

    Raises:
        CoreError: `config_invalid`, or as the disk fails; the file is unchanged.
    """

    def edit(document: MutableMapping[str, Any]) -> bool:
        table = document.get(_PROFILES)
        if not isinstance(table, MutableMapping) or name not in table:
            return False
        del table[name]
        return True

    return _edited(path, edit)


def variable(key: str) -> str:
    """The environment variable of a setting: `proxy.port` → `TURNTABLE_PROXY_PORT`."""
    return "TURNTABLE_" + key.replace(".", "_").upper()


def _read(path: Path) -> tuple[dict[str, object], str]:
    text = _text(path)
    return _parsed(path, text), text


def _profiles(document: Mapping[str, object], path: Path) -> dict[str, Profile]:
    """The profiles that came with the program, and those of the file."""
    found = dict(BUILT_IN)
    tables = document.get(_PROFILES, {})
    if not isinstance(tables, Mapping):
        raise _refused(
            "config_invalid",
            Sentence(
                "{path}: {section} is a section, not a setting.", path=path, section=_PROFILES
            ),
        )
    for name, table in tables.items():
        if not isinstance(table, Mapping):
            what = Sentence(
                "{path}: {section}.{name} is a section, not a setting.",
                path=path,
                section=_PROFILES,
                name=name,
            )
            raise _refused(
                "config_invalid",
                what,
                Sentence(
                    "Write [{section}.{name}] above its settings.", section=_PROFILES, name=name
                ),
            )
        values = {f"routing.{key}": _value(value) for key, value in table.items()}
        try:
            found[name] = make_profile(name, values)
        except CoreError as error:
            what = Sentence(
                "{path}, [{section}.{name}]: {message}",
                path=path,
                section=_PROFILES,
                name=name,
                message=error.message,
            )
            raise _refused("config_invalid", what, error.hint) from None
    return found


def _used(profiles: Mapping[str, Profile], name: str) -> Profile:
    if name not in profiles:
        what = Sentence("{key}: there is no profile {name}.", key=IN_USE, name=name)
        raise _refused(
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
            raise _no_section(path, text, key)
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
            where = _at(path, _line_of(text, key))
            raise _refused(
                "config_invalid",
                Sentence("{where}: {message}", where=where, message=error.message),
                error.hint,
            ) from None
        sources[key] = Source.FILE
    return settings, sources, warnings


def _entries(document: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Every `section.name` with its value; what is no table stands under its own name."""
    for section, content in document.items():
        if section == _PROFILES:
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
        raise _refused(
            error.code,
            Sentence("{said_by}: {message}", said_by=said_by, message=error.message),
            error.hint,
        ) from None


def _parsed(path: Path, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text.removeprefix(_BOM))
    except tomllib.TOMLDecodeError as error:
        # "… (at line 3, column 7)", or "… (at end of document)"
        what, _, where = str(error).removesuffix(")").rpartition(" (at ")
        at = Sentence("{path}, {where}", path=path, where=where) if what else str(path)
        sentence = Sentence("{at}: {what}.", at=at, what=what or where)
        raise _refused("config_invalid", sentence, "Correct the file.") from None
    except RecursionError:
        raise _refused(
            "config_invalid", Sentence("{path}: nested too deep.", path=path), "Correct the file."
        ) from None


def _edited(path: Path, edit: Callable[[MutableMapping[str, Any]], bool]) -> bool:
    """Apply `edit` to the file's text; whether there was anything to do.

    `edit` is done twice, on the plain values and on tomlkit's document: what is written is what
    another parser reads as the first, or nothing.
    """
    import tomlkit  # 30 ms: only who edits pays for it
    import tomlkit.exceptions

    text = _text(path)
    wanted = _parsed(path, text)
    if not edit(wanted):
        return False
    changed, proved = "", False
    try:
        document = tomlkit.parse(text.removeprefix(_BOM))
        edit(document)
        changed = tomlkit.dumps(document)
        proved = _without_empty(tomllib.loads(changed)) == _without_empty(wanted)
    except (tomllib.TOMLDecodeError, tomlkit.exceptions.TOMLKitError):
        pass  # refused below, like a text that was not proved
    if not proved:
        raise _refused(
            "config_invalid",
            Sentence(
                "{path} is written in a way that cannot be edited safely; nothing was changed.",
                path=path,
            ),
            "Change the setting in the file by hand.",
        )
    with translated(path):
        write_private(path, ((_BOM if text.startswith(_BOM) else "") + changed).encode())
    return True


def _text(path: Path) -> str:
    with translated(path):
        try:
            return path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return ""
        except UnicodeDecodeError as error:
            line = path.read_bytes()[: error.start].count(b"\n") + 1
            raise _refused(
                "config_invalid",
                Sentence("{where}: not UTF-8.", where=_at(path, line)),
                "Save the file as UTF-8.",
            ) from None


def _without_empty(document: Mapping[str, object]) -> dict[str, object]:
    """A table that has lost its last entry may go or stay: it says nothing."""
    return {name: value for name, value in document.items() if value != {}}


def _line_of(text: str, key: str) -> int | None:
    """Where a key stands; None when it is written in a way that we do not look for."""
    section, _, name = key.partition(".")
    inside = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            inside = header[1].replace('"', "").replace("'", "").strip()
        wanted = name if inside == section else key if not inside else None
        if wanted and re.match(rf"\s*[\"']?{re.escape(wanted)}[\"']?\s*=", line):
            return number
    return None


def _no_section(path: Path, text: str, section: str) -> CoreError:
    what = Sentence(
        "{where}: {section} is a section, not a setting.",
        where=_at(path, _line_of(text, section)),
        section=section,
    )
    return _refused(
        "config_invalid", what, Sentence("Write [{section}] above its settings.", section=section)
    )


def _at(path: Path, line: int | None, column: int | None = None) -> str:
    where = str(path) if line is None else Sentence("{path}, line {line}", path=path, line=line)
    return (
        where
        if column is None
        else Sentence("{where}, column {column}", where=where, column=column)
    )


def _refused(code: str, what: str, hint: str = "") -> CoreError:
    return CoreError(code, what, hint, exit_code=ExitCode.USAGE)
