"""account and thread as text."""

from core.cli.reader import Reader, Record, entries, record, table


def render_account(result: Record, reader: Reader) -> str:
    """What was done; or everything that the user decided about the account."""
    messages = [str(line) for line in entries(result["messages"])]
    if messages:
        return "\n".join(messages)
    account = record(result["account"])
    workspace, reserve = record(account["workspace"]), record(account["reserve"])
    kept = ", ".join(
        f"{name} {floor:.0f} %"
        for name, floor in reserve.items()
        if isinstance(floor, int | float) and floor > 0
    )
    until = reader.clock(account["until"])
    stands = str(account["because"])
    rows = [
        (reader.say("id"), str(account["id"])),
        (reader.say("e-mail"), str(account["email"])),
        (
            reader.say("workspace"),
            " · ".join(str(workspace[part]) for part in ("name", "id") if workspace[part]),
        ),
        (reader.say("plan"), str(account["plan"])),
        (
            reader.say("state"),
            reader.say("{text} Until {time}.", text=stands, time=until) if until else stands,
        ),
        (reader.say("reserve"), kept or reader.say("none")),
        (reader.say("weight"), str(account["weight"])),
        (reader.say("tags"), ", ".join(str(t) for t in entries(account["tags"]))),
        (reader.say("note"), str(account["note"])),
    ]
    return "\n".join(
        [f"#{account['number']} {account['label']}", *table([r for r in rows if r[1]])]
    )


def render_thread(result: Record, reader: Reader) -> str:
    """What was done; or the chats and where they live."""
    messages = [str(line) for line in entries(result["messages"])]
    rows = []
    for one in entries(result["threads"]):
        living = record(one)
        marks = [
            mark
            for mark, holds in (
                (reader.say("kept there"), living["pinned"]),
                (reader.say("waits for your answer"), living["asked"]),
            )
            if holds
        ]
        rows.append(
            (
                str(living["thread"]),
                str(living["label"]),
                reader.stamp(living["seen_at"]),
                ", ".join(marks),
            )
        )
    return "\n".join([*messages, *table(rows)]) or reader.say("No chat yet.")
