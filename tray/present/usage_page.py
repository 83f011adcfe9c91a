"""What the Usage page asks for, and how it names the choices."""

from dataclasses import dataclass
from datetime import timedelta

from core.control.facade import JsonValue
from core.words.speech import Speech
from tray.present.entries import Perform
from tray.present.pool_ahead import AHEAD

AHEAD_QUESTION = Perform(verb="forecast", arguments={"ahead": AHEAD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """How far back is looked.

    Attributes:
        name: as it is chosen.
        days: how many.
    """

    name: str
    days: int

    @property
    def span(self) -> timedelta:
        """The same as a duration."""
        return timedelta(days=self.days)


def periods(speech: Speech) -> tuple[Period, ...]:
    """What can be chosen; the first one is the usual."""
    return (
        Period(name=speech.say("7 days"), days=7),
        Period(name=speech.say("30 days"), days=30),
        Period(name=speech.say("90 days"), days=90),
    )


def groupings(speech: Speech) -> tuple[tuple[str, str], ...]:
    """By what tokens are told apart: the verb's word, and ours."""
    return (("account", speech.say("by account")), ("model", speech.say("by model")))


def history_question(period: Period, *, csv: bool = False) -> Perform:
    """The limits over time."""
    arguments: dict[str, JsonValue] = {"history": f"{period.days}d"}
    return Perform(verb="quota", arguments=_with_csv(arguments, csv=csv))


def tokens_question(period: Period, by: str, *, csv: bool = False) -> Perform:
    """Tokens per day."""
    arguments: dict[str, JsonValue] = {"since": f"{period.days}d", "by": by, "daily": True}
    return Perform(verb="usage", arguments=_with_csv(arguments, csv=csv))


def _with_csv(arguments: dict[str, JsonValue], *, csv: bool) -> dict[str, JsonValue]:
    return {**arguments, "csv": True} if csv else arguments
