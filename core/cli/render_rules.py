"""pool, rule and profile as text."""

from core.cli.reader import Reader, Record, entries, record, table
from core.words.rules import unreadable_sentence


def render_pool(result: Record, reader: Reader) -> str:
    """What was done; or each pool, who is in it and who names it."""
    if messages := _messages(result):
        return messages
    rows = []
    for one in entries(result["pools"]):
        pool = record(one)
        labels = ", ".join(
            f"#{record(a)['number']} {record(a)['label']}" for a in entries(pool["accounts"])
        )
        named = [reader.say("rule {n}", n=n) for n in entries(pool["rules"])]
        if pool["unknown"]:
            named.append(reader.say("other folders"))
        named += [reader.say("client {label}", label=label) for label in entries(pool["clients"])]
        rows.append((str(pool["name"]), labels or reader.say("nobody"), ", ".join(named)))
    none = reader.say("No pool yet. `turntable pool create NAME ACCOUNT…` makes one.")
    return "\n".join(table(rows)) or none


def render_rule(result: Record, reader: Reader) -> str:
    """What was done; or every rule in the order in which they count."""
    if messages := _messages(result):
        return messages
    if result["unreadable"]:
        return unreadable_sentence(reader.speech)
    rules = [record(one) for one in entries(result["rules"])]
    if not rules:
        return reader.say("No rule yet: any account may serve.")
    rows = [(f"#{one['number']}", str(one["fits"]), "→", str(one["counts"])) for one in rules]
    unknown = record(result["unknown"])
    if unknown["in_force"]:
        rows.append(("–", reader.say("other folders"), "→", str(unknown["counts"])))
    return "\n".join((*table(rows), str(result["order"])))


def render_profile(result: Record, reader: Reader) -> str:
    """What was done; or each profile and what it says; the one in use has a star."""
    if messages := _messages(result):
        return messages
    lines = []
    for one in entries(result["profiles"]):
        profile = record(one)
        mark = "*" if profile["in_use"] else " "
        lines.append(f"{mark} {profile['name']}  {profile['help']}".rstrip())
        values = record(profile["values"])
        lines += [f"    {key} = {value}" for key, value in values.items()]
    return "\n".join(lines)


def _messages(result: Record) -> str:
    return "\n".join(str(line) for line in entries(result["messages"]))
