"""How accounts are chosen, as text: for `rotation` and for a line of `status`."""

from core.cli.reader import Reader, Record, entries, record


def render_rotation(result: Record, reader: Reader) -> str:
    """What was done; or the steering and the names of the strategies."""
    messages = [str(line) for line in entries(result["messages"])]
    if messages:
        return "\n".join(messages)
    rotation = record(result["rotation"])
    others = [str(name) for name in entries(result["strategies"]) if name != rotation["strategy"]]
    return "\n".join(
        (
            reader.say(
                "rotation  {text}",
                text=rotation_words(
                    rotation, str(result["label"]), str(result["next_label"]), reader
                ),
            ),
            reader.say("strategy  {strategy}", strategy=rotation["strategy"]),
            reader.say("others    {names}", names=", ".join(others)),
        )
    )


def rotation_words(rotation: Record, label: str, following: str, reader: Reader) -> str:
    """How the rotation is steered.

    Args:
        rotation: a `RotationReport`.
        label: what the account that it names is called.
        following: what the account is called that serves next; empty for nobody.
        reader: who reads.
    """
    until = reader.clock(rotation["until"])
    match rotation["mode"]:
        case "stay" if until:
            return reader.say(
                "stays on {label} until {time}: no other account is used", label=label, time=until
            )
        case "stay":
            return reader.say("stays on {label}: no other account is used", label=label)
        case "use":
            return reader.say("prefers {label}; others serve when it cannot", label=label)
        case "paused" if until:
            return reader.say("paused until {time}: no account changes", time=until)
        case "paused":
            return reader.say("paused: no account changes")
        case _ if following:
            return reader.say(
                "automatic, {strategy}; next: {label}",
                strategy=rotation["strategy"],
                label=following,
            )
        case _:
            return reader.say("automatic, {strategy}", strategy=rotation["strategy"])
