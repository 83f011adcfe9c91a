"""usage as text: a table with right-aligned numbers, or CSV as it is."""

from types import MappingProxyType

from core.cli.reader import Reader, Record, at_left, at_right, columns, entries, record
from core.control.facade import JsonValue
from core.domain.sentence import Sentence

_NUMBERS = 5
_HEADS = MappingProxyType(
    {
        "account": Sentence("account"),
        "model": Sentence("model"),
        "project": Sentence("project"),
        "client": Sentence("client"),
        "outcome": Sentence("outcome"),
        "day": Sentence("day"),
    }
)
_CENT = 0.01


def render_usage(result: Record, reader: Reader) -> str:
    """One line a key, and all together below."""
    if isinstance(result["csv"], str):
        return result["csv"].rstrip("\n")
    lines = [record(line) for line in entries(result["lines"])]
    if not lines:
        return reader.say("Nothing since {time}.", time=reader.stamp(result["since"]))
    daily = any(isinstance(line["day"], str) for line in lines)
    head = [
        *((reader.say("day"),) if daily else ()),
        reader.speech.retell(_HEADS[str(result["by"])]),
        reader.say("requests"),
        reader.say("input"),
        reader.say("cached"),
        reader.say("output"),
        reader.say("as API"),
    ]
    rows = [head, *(_row(line, reader, daily=daily) for line in (*lines, record(result["total"])))]
    names = len(head) - _NUMBERS
    widths = [max(columns(row[n]) for row in rows) for n in range(len(head))]
    return "\n".join(
        "  ".join(
            at_left(cell, width) if n < names else at_right(cell, width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(line: Record, reader: Reader, *, daily: bool) -> list[str]:
    cost = line["cost"]
    return [
        *((str(line["day"] or ""),) if daily else ()),
        str(line["label"]),
        _count(line["requests"], reader),
        _count(line["input"], reader),
        _count(line["cached_input"], reader),
        _count(line["output"], reader),
        _price(cost, reader) if isinstance(cost, int | float) else "?",
    ]


def _price(dollars: float, reader: Reader) -> str:
    """To the cent; what is less than one is not nothing."""
    if 0 < dollars < _CENT:
        return f"<${reader.speech.number(_CENT, places=2)}"
    return f"${reader.speech.number(dollars, places=2)}"


def _count(value: JsonValue, reader: Reader) -> str:
    return reader.speech.number(value) if isinstance(value, int | float) else "?"
