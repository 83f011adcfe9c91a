"""How the program speaks to one person: their language, their time zone.

Sentences are constants in English, found in a gettext catalogue by themselves and filled after
that: a sentence that was filled before could never be found by a translator.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from core.domain.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """One person's language and clock.

    Attributes:
        translate: a catalogue's look-up, e.g. `gettext.GNUTranslations.gettext`.
        zone: what local times are said in.
    """

    translate: Callable[[str], str]
    zone: tzinfo

    def say(self, sentence: str, **values: object) -> str:
        """The sentence in the person's language, filled with `values`."""
        return self.translate(sentence).format(**{n: self._part(v) for n, v in values.items()})

    def counted(self, count: int, one: str, many: str, **values: object) -> str:
        """`one` for a single thing, else `many`; either may say `{count}`.

        Enough for the languages that there are: their plural forms differ at one, or nowhere.
        """
        return self.say(one if count == 1 else many, count=self.number(count), **values)

    def retell(self, text: str) -> str:
        """What was said in English where nobody knew who reads, in the person's language.

        A text that no catalogue knows, such as the words of another program, stays as it is.
        """
        if not isinstance(text, Sentence):
            return text
        if not text.values:
            return self.translate(text.pattern) if text else ""
        return self.say(text.pattern, **text.values)

    def _part(self, value: object) -> object:
        return self.retell(value) if isinstance(value, Sentence) else value

    def number(self, value: float, *, places: int = 0) -> str:
        """A number with the person's marks between thousands and before decimals.

        A catalogue has the example as its language writes it; either mark is one character.
        """
        example = self.translate("1,234.5")
        marks = str.maketrans({",": example[1], ".": example[5]})
        return f"{value:,.{places}f}".translate(marks)

    def clock(self, moment: datetime, now: datetime) -> str:
        """A moment as people say it: `14:30` today, `Tue 09:00` within a week, `3 Dec` beyond."""
        local, today = moment.astimezone(self.zone), now.astimezone(self.zone)
        if local.date() == today.date():
            return f"{local:%H:%M}"
        if timedelta(0) < local - today < timedelta(days=6):
            return f"{self.translate(_DAYS[local.weekday()])} {local:%H:%M}"
        return self._day(local, today)

    def stamp(self, moment: datetime, now: datetime) -> str:
        """When something was: `14:30` today, `3 Dec 14:30` on another day."""
        local, today = moment.astimezone(self.zone), now.astimezone(self.zone)
        if local.date() == today.date():
            return f"{local:%H:%M}"
        return f"{self._day(local, today)} {local:%H:%M}"

    def day(self, moment: datetime, now: datetime) -> str:
        """A day without its time: `3 Dec`; with the year where that is another."""
        return self._day(moment.astimezone(self.zone), now.astimezone(self.zone))

    def _day(self, local: datetime, today: datetime) -> str:
        month = self.translate(_MONTHS[local.month - 1])
        if local.year == today.year:
            return self.say("{day} {month}", day=local.day, month=month)
        return self.say("{day} {month} {year}", day=local.day, month=month, year=local.year)


def english(zone: tzinfo = UTC) -> Speech:
    """English as it stands in the code; for tests and where no catalogue is."""
    return Speech(translate=str, zone=zone)


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
