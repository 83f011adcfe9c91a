"""budget as text: a line a budget, with what it cannot count."""

from core.cli.reader import Reader, Record, entries, record


def render_budget(result: Record, reader: Reader) -> str:
    """What was done, or each budget with what is used of it."""
    lines = [str(line) for line in entries(result["messages"])]
    if result["action"] != "list":
        return "\n".join(lines)
    for one in entries(result["budgets"]):
        budget = record(one)
        lines.append(f"{budget['number']}  {budget['text']}")
        if budget["measure"] == "cost" and budget["unpriced"]:
            count = budget["unpriced"]
            lines.append("   " + reader.say("requests without a known price: {count}", count=count))
    return "\n".join(lines)
