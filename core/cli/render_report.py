"""report as text: a page with headings, each part as its own verb shows it."""

from collections.abc import Callable
from datetime import datetime

from core.cli.reader import Reader, Record, record

type Show = Callable[[str, Record, Reader], str]
"""How the answer of a verb is shown."""


def render_report(result: Record, reader: Reader, show: Show) -> str:
    """Markdown that a terminal can show as it is.

    Args:
        result: the answer of `report`.
        reader: who reads.
        show: shows each part as the answer of the verb of its name.
    """
    say, at = reader.say, datetime.fromisoformat(str(result["at"]))
    titles = {
        "status": say("How it stands"),
        "forecast": say("What is to be expected"),
        "usage": say("The last seven days"),
        "budget": say("Budgets"),
        "doctor": say("Health"),
    }
    lines = [f"# Turntable, {at.astimezone(reader.speech.zone):%Y-%m-%d %H:%M}"]
    for name, title in titles.items():
        text = show(name, record(result[name]), reader)
        lines += ["", f"## {title}", "", *(f"    {line}" for line in text.splitlines())]
    return "\n".join(lines)
