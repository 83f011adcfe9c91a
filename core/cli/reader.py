"""Who reads the command line's answers, and how JSON values are taken apart for them."""

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


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines in columns that are as wide as they must be."""
    columns = max((len(row) for row in rows), default=0)
    widths = [max(len(row[n]) for row in rows if n < len(row)) for n in range(columns)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]
