"""why, simulate and forecast as text."""

from core.cli.reader import Reader, Record, entries, record, table


def render_why(result: Record, reader: Reader) -> str:
    """Each request: what it was, why it went where it went, and every account's verdict."""
    blocks = ["\n".join(_request(record(one), reader)) for one in entries(result["requests"])]
    return "\n\n".join(blocks) or reader.say("No request yet.")


def render_forecast(result: Record, reader: Reader) -> str:
    """The verdict, then each account's windows."""
    lines = [str(record(result["verdict"])["text"])]
    labels = {record(a)["id"]: str(record(a)["label"]) for a in entries(result["accounts"])}
    if result["in_use"] is not None:
        in_use = reader.say("New threads go to {label}", label=labels[result["in_use"]])
        then = labels.get(result["next"])
        lines.append(
            in_use + (reader.say(", then to {label}.", label=then) if then is not None else ".")
        )
    for one in entries(result["accounts"]):
        account = record(one)
        lines.append(str(account["label"]))
        windows = [str(record(window)["text"]) for window in entries(account["windows"])]
        lines += [f"  {text}" for text in windows] or ["  " + reader.say("nothing known yet")]
    return "\n".join(lines)


def _request(one: Record, reader: Reader) -> list[str]:
    who = str(one["label"]) or reader.say("nobody")
    if one["id"]:
        served = reader.say(
            "{id}  {time}  {model}  {result} {status}: {label}",
            id=one["id"],
            time=reader.stamp(one["started_at"]),
            model=one["model"] or "–",
            result=one["result"],
            status=one["status"] if one["status"] is not None else "–",
            label=who,
        )
    else:
        served = reader.say("The next request would be served by: {label}", label=who)
    rows = [
        ("+" if record(v)["eligible"] else "-", str(record(v)["label"]), str(record(v)["text"]))
        for v in entries(one["verdicts"])
    ]
    return [served, f"  {one['text']}", *(f"  {line}" for line in table(rows))]
