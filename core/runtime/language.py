"""Which language and time zone the person at this machine has."""

import gettext
import locale
import logging
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from importlib import resources

from core.words.speech import Speech

SYSTEM = "system"
ENGLISH = "en"

_log = logging.getLogger(__name__)


class MachineZone(tzinfo):
    """The machine's own time zone, with the rules of each moment (summer time and all).

    `datetime.astimezone()` names an offset only, that of one moment: said in it, a time beyond the
    next change of clocks is an hour off.
    """

    def fromutc(self, moment: datetime) -> datetime:
        """`moment` holds UTC under our name; the answer is what the clock on the wall shows."""
        local = moment.replace(tzinfo=UTC).astimezone()
        first = local.replace(tzinfo=None, fold=0)
        # In autumn an hour is shown twice: the second one has another offset.
        second = first.astimezone().utcoffset() != local.utcoffset()
        return first.replace(tzinfo=self, fold=int(second))

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """The offset in force at that reading of the clock."""
        return None if moment is None else moment.replace(tzinfo=None).astimezone().utcoffset()

    def tzname(self, moment: datetime | None) -> str | None:
        """As the system calls it at that moment."""
        return None if moment is None else moment.replace(tzinfo=None).astimezone().tzname()

    def dst(self, moment: datetime | None) -> timedelta | None:
        """Unknown: the system tells offsets, not why they are so."""
        return None


def local_speech(language: str = SYSTEM, environment: Mapping[str, str] | None = None) -> Speech:
    """The person's language in the machine's own time zone.

    Args:
        language: `ui.language`; `system` asks the environment.
        environment: the process's own unless given.
    """
    known = os.environ if environment is None else environment
    chosen = wanted_language(known) if language == SYSTEM else language
    return Speech(translate=_catalogue(chosen), zone=MachineZone())


def wanted_language(environment: Mapping[str, str], *, machine: str = "") -> str:
    """The first language that we speak of those the person reads; English when there is none.

    `LANGUAGE` is a list and wins, then `LC_ALL`, `LC_MESSAGES` and `LANG` (GNU gettext manual,
    "Locale Environment Variables"); without any of them the system's own word counts.

    Args:
        environment: what the variables are read from.
        machine: how the system calls the language of its windows, e.g. `de_DE`.
    """
    variables = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    named = [part for name in variables for part in environment.get(name, "").split(":") if part]
    for word in named or [machine or _of_the_machine()]:
        spoken = _spoken(word)
        if spoken is not None:
            return spoken
    return ENGLISH


def _spoken(word: str) -> str | None:
    """`de_AT.UTF-8` → `de`; traditional Chinese is another language than ours."""
    name = word.partition(".")[0].partition("@")[0].replace("-", "_")
    tongue, _, rest = name.partition("_")
    match tongue.lower():
        case "de" | "german":
            return "de"
        case "zh" if rest.upper() not in ("TW", "HK", "MO") and "HANT" not in rest.upper():
            return "zh_CN"
        case "en" | "c" | "posix" | "english":
            return ENGLISH
        case _:
            return None


def _of_the_machine() -> str:
    if sys.platform == "win32":
        import ctypes

        number = ctypes.windll.kernel32.GetUserDefaultUILanguage()
        return locale.windows_locale.get(number, "")
    return locale.getlocale()[0] or ""


def _catalogue(language: str) -> Callable[[str], str]:
    """The look-up of a language; English stands in the code."""
    if language == ENGLISH:
        return str
    path = resources.files("resources") / "i18n" / language / "LC_MESSAGES" / "turntable.mo"
    try:
        with path.open("rb") as file:
            known = gettext.GNUTranslations(file)
    except OSError as error:
        _log.warning("there is no catalogue for %s: %s", language, type(error).__name__)
        return str
    return known.gettext
