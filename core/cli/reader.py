"""Who reads the command line's answers, and how JSON values are taken apart for them."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.control.facade import JsonValue
from core.words.speech import Speech

type Record = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads: their language and clock, and what time it is."""

    speech: Speech
    now: datetime

    def clock(self, moment: JsonValue) -> str:
        """An RFC 3339 text as people say the time; empty for none."""
        if not isinstance(moment, str):
            return ""
        return self.speech.clock(datetime.fromisoformat(moment), self.now)

    def stamp(self, moment: JsonValue) -> str:
        """When something was, for a list."""
        return self.speech.stamp(datetime.fromisoformat(str(moment)), self.now)

    def say(self, sentence: str, **values: object) -> str:
        """A sentence in the reader's language."""
        return self.speech.say(sentence, **values)


def shortened(text: str, most: int) -> str:
    """The text in at most `most` letters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def record(value: JsonValue) -> Record:
    """A JSON object; empty where it is none."""
    return value if isinstance(value, dict) else {}


def entries(value: JsonValue) -> list[JsonValue]:
    """A JSON list; empty where it is none."""
    return value if isinstance(value, list) else []


def columns(text: str) -> int:
    """How many columns a terminal gives it (UAX #11: wide and full-width letters take two)."""
    return sum(
        0
        if unicodedata.combining(letter)
        else 2
        if unicodedata.east_asian_width(letter) in "WF"
        else 1
        for letter in text
    )


def at_left(text: str, width: int) -> str:
    """The text with space after it, to so many columns."""
    return text + " " * (width - columns(text))


def at_right(text: str, width: int) -> str:
    """The text with space before it, to so many columns."""
    return " " * (width - columns(text)) + text


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines in columns that are as wide as they must be."""
    count = max((len(row) for row in rows), default=0)
    widths = [max(columns(row[n]) for row in rows if n < len(row)) for n in range(count)]
    return [
        "  ".join(at_left(cell, width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]
