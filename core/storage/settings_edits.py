"""Edits of settings.toml: one setting or one profile changes, everything else stays as it is."""

import tomllib
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from core.domain.profiles import IN_USE, MOST_PROFILES, NONE, Profile
from core.domain.sentence import Sentence
from core.domain.settings import Settings, Value, parse_value, value_of, with_value
from core.storage.faults import translated
from core.storage.folders import write_private
from core.storage.settings_file import PROFILES, profiles_in, used_profile
from core.storage.settings_text import BOM, no_section, parsed, refused, text_of


def set_in_file(path: Path, key: str, text: str) -> Value:
    """Write one setting, as typed; everything else in the file stays as it is. The value written.

    Raises:
        CoreError: `unknown_setting`, `bad_setting`, `config_invalid`, or as the disk fails; the
            file is unchanged.
    """
    value = value_of(with_value(Settings(), key, parse_value(key, text)), key)
    if key == IN_USE and text not in ("", NONE):
        used_profile(profiles_in(parsed(path, text_of(path)), path), text)
    section, _, name = key.partition(".")

    def edit(document: MutableMapping[str, Any]) -> bool:
        table = document.setdefault(section, {})
        if not isinstance(table, MutableMapping):
            raise no_section(path, text_of(path), section)
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
    return _dropped(path, section, name)


def put_profile(path: Path, profile: Profile) -> None:
    """Keep a profile of the user's own in the file, in the place of the one of that name.

    Raises:
        CoreError: `config_invalid`, or as the disk fails; the file is unchanged.
    """

    def edit(document: MutableMapping[str, Any]) -> bool:
        table = document.setdefault(PROFILES, {})
        if not isinstance(table, MutableMapping):
            raise no_section(path, text_of(path), PROFILES)
        if len(table) >= MOST_PROFILES and profile.name not in table:
            raise refused(
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
    return _dropped(path, PROFILES, name)


def _dropped(path: Path, section: str, name: str) -> bool:
    """Take one entry out of a table; False when it was not there."""

    def edit(document: MutableMapping[str, Any]) -> bool:
        table = document.get(section)
        if not isinstance(table, MutableMapping) or name not in table:
            return False
        del table[name]
        return True

    return _edited(path, edit)


def _edited(path: Path, edit: Callable[[MutableMapping[str, Any]], bool]) -> bool:
    """Apply `edit` to the file's text; whether there was anything to do.

    `edit` is done twice, on the plain values and on tomlkit's document: what is written is what
    another parser reads as the first, or nothing.
    """
    import tomlkit  # 30 ms: only who edits pays for it
    import tomlkit.exceptions

    text = text_of(path)
    wanted = parsed(path, text)
    if not edit(wanted):
        return False
    changed, proved = "", False
    try:
        document = tomlkit.parse(text.removeprefix(BOM))
        edit(document)
        changed = tomlkit.dumps(document)
        proved = _without_empty(tomllib.loads(changed)) == _without_empty(wanted)
    except (tomllib.TOMLDecodeError, tomlkit.exceptions.TOMLKitError):
        pass  # refused below, like a text that was not proved
    if not proved:
        raise refused(
            "config_invalid",
            Sentence(
                "{path} is written in a way that cannot be edited safely; nothing was changed.",
                path=path,
            ),
            "Change the setting in the file by hand.",
        )
    with translated(path):
        write_private(path, ((BOM if text.startswith(BOM) else "") + changed).encode())
    return True


def _without_empty(document: Mapping[str, object]) -> dict[str, object]:
    """A table that has lost its last entry may go or stay: it says nothing."""
    return {name: value for name, value in document.items() if value != {}}
