"""why, simulate and forecast as text."""

from core.cli.reader import Reader, Record, entries, record, table
from core.words.quota import not_known
from core.words.requests import result_word


def render_why(result: Record, reader: Reader) -> str:
    """Each request: what it was, why it went where it went, and every account's verdict."""
    blocks = ["\n".join(_request(record(one), reader)) for one in entries(result["requests"])]
    return "\n\n".join(blocks) or reader.say("No request yet.")


def render_simulate(result: Record, reader: Reader) -> str:
    """The next decision; or what each strategy made of a trace."""
    if "scores" not in result:
        return render_why(result, reader)
    head = ("strategy", "served at once", "left unused", "moves per 100 chats", "fairness")
    rows = [tuple(reader.say(name) for name in head)]
    for one in entries(result["scores"]):
        score = record(one)
        rows.append(
            (
                str(score["strategy"]),
                f"{score['served']:.2%}",
                f"{score['unused']:.1%}",
                f"{score['moves']:.1f}",
                f"{score['fairness']:.3f}",
            )
        )
    return "\n".join(table(rows))


def render_forecast(result: Record, reader: Reader) -> str:
    """The verdict, then each account's windows."""
    lines = [str(record(result["verdict"])["text"])]
    labels = {record(a)["id"]: str(record(a)["label"]) for a in entries(result["accounts"])}
    if result["in_use"] is not None:
        in_use, then = labels[result["in_use"]], labels.get(result["next"])
        lines.append(
            reader.say("New chats go to {label}.", label=in_use)
            if then is None
            else reader.say("New chats go to {label}, then to {then}.", label=in_use, then=then)
        )
    for one in entries(result["accounts"]):
        account = record(one)
        lines.append(str(account["label"]))
        windows = [str(record(window)["text"]) for window in entries(account["windows"])]
        lines += [f"  {text}" for text in windows] or ["  " + not_known(reader.speech)]
    return "\n".join(lines)


def _request(one: Record, reader: Reader) -> list[str]:
    who = str(one["label"])
    if one["id"]:
        served = reader.say(
            "{id}  {time}  {model}  {result} {status}: {label}",
            id=one["id"],
            time=reader.stamp(one["started_at"]),
            model=one["model"] or "–",
            result=result_word(str(one["result"]), reader.speech),
            status=one["status"] if one["status"] is not None else "–",
            label=who or reader.say("nobody"),
        )
    elif who:
        served = reader.say("{label} would serve the next request.", label=who)
    else:
        served = reader.say("Nobody would serve the next request now.")
    rows = [
        ("+" if record(v)["eligible"] else "-", str(record(v)["label"]), str(record(v)["text"]))
        for v in entries(one["verdicts"])
    ]
    where = [] if one["project"] is None else [reader.say("in {folder}", folder=one["project"])]
    return [
        served,
        *(f"  {line}" for line in where),
        f"  {one['text']}",
        *(f"  {line}" for line in table(rows)),
    ]
