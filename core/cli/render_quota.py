"""check and quota as text: every limit on a line of its own, with who said it and when."""

from datetime import datetime
from typing import cast

from core.cli.reader import Reader, Record, entries, record, table
from core.words import quota as words

_SOURCES = {
    "headers": "an answer",
    "event": "an answer",
    "usage": "the usage endpoint",
    "import": "an import",
}


def render_check(result: Record, reader: Reader) -> str:
    """One line an account; what a deep look found stands behind it."""
    rows = [
        (str(record(one)["label"]), " ".join(_sentences(record(one))))
        for one in entries(result["accounts"])
    ]
    messages = [str(line) for line in entries(result["messages"])]
    return "\n".join([*table(rows), *messages])


def _sentences(checked: Record) -> tuple[str, ...]:
    deep = record(checked.get("deep"))
    return (str(checked["text"]), *([str(deep["text"])] if deep else []))


def render_quota(result: Record, reader: Reader) -> str:
    """Each account with its limits below it, or CSV as it is."""
    if isinstance(result["csv"], str):
        return result["csv"].rstrip("\n")
    at = datetime.fromisoformat(str(result["at"]))
    lines: list[str] = []
    for one in entries(result["accounts"]):
        account = record(one)
        lines.append(f"#{account['number']} {account['label']}  {account['plan']}".rstrip())
        rows = [_window_row(record(window), at, reader) for window in entries(account["windows"])]
        lines += [f"  {line}" for line in table(rows)]
        if not rows:
            lines.append("  " + words.not_known(reader.speech))
        lines += [f"  {line}" for line in _extras(account, reader)]
        if account["text"]:
            lines.append(f"  {account['text']}")
    lines += _history(result, reader)
    return "\n".join(lines) or reader.say("No account yet.")


def _history(result: Record, reader: Reader) -> list[str]:
    """What was left before, a line a change."""
    labels = {record(a)["id"]: str(record(a)["label"]) for a in entries(result["accounts"])}
    rows = []
    for one in entries(result["history"]):
        point = record(one)
        name = words.window_name(str(point["kind"]), cast("int", point["minutes"]), reader.speech)
        left = point["remaining"]
        rows.append(
            (
                reader.stamp(point["at"]),
                labels[point["account"]],
                name if point["scope"] == "all" else f"{point['scope']} {name}",
                reader.say("{percent} left", percent=words.percent(left, reader.speech))
                if isinstance(left, int | float)
                else reader.say("unknown"),
            )
        )
    return ["", *table(rows)] if rows else []


def _window_row(window: Record, at: datetime, reader: Reader) -> tuple[str, ...]:
    scope, remaining = str(window["scope"]), window["remaining"]
    name = words.window_name(str(window["kind"]), cast("int", window["minutes"]), reader.speech)
    resets = reader.clock(window["resets_at"])
    source = reader.say(_SOURCES.get(str(window["source"]), "somebody"))
    told_at = datetime.fromisoformat(str(window["observed_at"]))
    return (
        name if scope == "all" else f"{scope} {name}",
        reader.say("{percent} left", percent=words.percent(remaining, reader.speech))
        if isinstance(remaining, int | float)
        else reader.say("unknown"),
        reader.say("resets {time}", time=resets) if resets else "",
        reader.say(
            "said by {source} {age}", source=source, age=words.age(told_at, at, reader.speech)
        ),
    )


def _extras(account: Record, reader: Reader) -> list[str]:
    lines = []
    credits_ = record(account["credits"])
    if credits_.get("unlimited"):
        lines.append(reader.say("credits: unlimited"))
    elif credits_.get("has"):
        lines.append(reader.say("credits: {balance}", balance=credits_["balance"]))
    if account["reset_credits"]:
        lines.append(reader.say("reset credits: {count}", count=account["reset_credits"]))
    return lines
