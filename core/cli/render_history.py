"""history and resume-stopped as text: a line a chat."""

from core.cli.reader import Reader, Record, entries, record, table


def render_history(result: Record, reader: Reader) -> str:
    """When, where it lives, how it begins, and what it is called for `codex resume`."""
    chats = [record(one) for one in entries(result["chats"])]
    providers = {str(chat["provider"]) for chat in chats}
    rows = [
        (
            reader.stamp(chat["updated_at"]) if chat["updated_at"] else "–",
            str(chat["label"]) or "–",
            *((str(chat["provider"]),) if len(providers) > 1 else ()),
            str(chat["thread"]),
            str(chat["title"]),
        )
        for chat in chats
    ]
    return "\n".join([*table(rows), *(str(line) for line in entries(result["messages"]))])


def render_stopped(result: Record, reader: Reader) -> str:
    """When it stopped, whether it may go on, and its name."""
    rows = [_stopped_row(record(one), reader) for one in entries(result["chats"])]
    lines = [*table(rows), *(str(line) for line in entries(result["messages"]))]
    if rows:
        lines.append(reader.say("`turntable resume-stopped CHAT` goes on with one."))
    return "\n".join(lines)


def _stopped_row(chat: Record, reader: Reader) -> tuple[str, ...]:
    until = reader.clock(chat["until"])
    if chat["ready"]:
        now = reader.say("may go on with {name}", name=chat["label"])
    elif until:
        now = reader.say("waits until {time}", time=until)
    else:
        now = reader.say("nobody can serve it")
    return reader.stamp(chat["stopped_at"]), str(chat["thread"]), str(chat["model"]), now
