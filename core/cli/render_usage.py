"""usage as text: a table with right-aligned numbers, or CSV as it is."""

from core.cli.reader import Reader, Record, entries, record

_NUMBERS = 5
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
        reader.say(str(result["by"])),
        reader.say("requests"),
        reader.say("input"),
        reader.say("cached"),
        reader.say("output"),
        reader.say("as API"),
    ]
    rows = [head, *(_row(line, daily=daily) for line in (*lines, record(result["total"])))]
    names = len(head) - _NUMBERS
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if n < names else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(line: Record, *, daily: bool) -> list[str]:
    cost = line["cost"]
    return [
        *((str(line["day"] or ""),) if daily else ()),
        str(line["label"]),
        f"{line['requests']:,}",
        f"{line['input']:,}",
        f"{line['cached_input']:,}",
        f"{line['output']:,}",
        _price(cost) if isinstance(cost, int | float) else "?",
    ]


def _price(dollars: float) -> str:
    """To the cent; what is less than one is not nothing."""
    return "<$0.01" if 0 < dollars < _CENT else f"${dollars:.2f}"
