"""Routing profiles: named overlays of `routing.*` and of nothing else. Pure.

A profile lies over settings.toml and under the environment: using one changes how accounts are
chosen, and not using it any more brings back what was there before.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.domain.settings import Settings, Value, declarations, value_of, with_value

IN_USE = "routing.profile"
"""The setting that names the profile in use; empty: none."""
NONE = "none"
"""How people type that no profile is to be used."""
_SECTION = "routing."
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,30}[a-z0-9])?")
MOST_PROFILES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A named overlay.

    Attributes:
        name: what is typed.
        values: what it says, by the whole key of a setting.
        built_in: it came with the program and cannot be changed.
    """

    name: str
    values: Mapping[str, Value]
    built_in: bool = False


BUILT_IN: Mapping[str, Profile] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            Profile(
                name="balanced",
                built_in=True,
                values=MappingProxyType(
                    {
                        "routing.strategy": "balanced",
                        "routing.continuity": "move",
                        "routing.soft_threshold_session": 5.0,
                        "routing.soft_threshold_week": 5.0,
                        "routing.wait_for_reset_s": 0,
                    }
                ),
            ),
            Profile(
                name="conservative",
                built_in=True,
                values=MappingProxyType(
                    {
                        "routing.strategy": "sticky",
                        "routing.continuity": "wait",
                        "routing.soft_threshold_session": 15.0,
                        "routing.soft_threshold_week": 20.0,
                        "routing.wait_for_reset_s": 120,
                    }
                ),
            ),
            Profile(
                name="aggressive",
                built_in=True,
                values=MappingProxyType(
                    {
                        "routing.strategy": "drain-first",
                        "routing.continuity": "move",
                        "routing.soft_threshold_session": 0.0,
                        "routing.soft_threshold_week": 0.0,
                        "routing.wait_for_reset_s": 0,
                    }
                ),
            ),
        )
    }
)


def make_profile(name: str, values: Mapping[str, Value]) -> Profile:
    """A profile of the user's own, checked.

    Raises:
        CoreError: `bad_profile`, `unknown_setting` or `bad_setting`, exit code usage.
    """
    if not _NAME.fullmatch(name) or name == NONE:
        raise _bad(
            Sentence("“{name}” cannot be a profile’s name.", name=name),
            "Small letters, digits, - and _.",
        )
    if name in BUILT_IN:
        raise _bad(
            Sentence("{name} came with the program and stays as it is.", name=name),
            "Choose another name.",
        )
    settings = Settings()
    for key, value in values.items():
        if key == IN_USE or not key.startswith(_SECTION) or key not in declarations():
            allowed = ", ".join(may_say())
            raise _bad(
                Sentence("A profile cannot say what {key} is.", key=key),
                Sentence("It may say: {allowed}.", allowed=allowed),
            )
        settings = with_value(settings, key, value)
    checked = {key: value_of(settings, key) for key in values}
    return Profile(name=name, values=MappingProxyType(checked))


def may_say() -> tuple[str, ...]:
    """The keys that a profile may set."""
    return tuple(key for key in declarations() if key.startswith(_SECTION) and key != IN_USE)


def overlaid(settings: Settings, profile: Profile) -> Settings:
    """The settings with what the profile says."""
    for key, value in profile.values.items():
        settings = with_value(settings, key, value)
    return settings


def _bad(message: str, hint: str) -> CoreError:
    return CoreError("bad_profile", message, hint, exit_code=ExitCode.USAGE)
