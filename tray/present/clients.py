"""Other tools that may call: as a table, and as wishes."""

from datetime import datetime

from core.control.facade import JsonValue
from core.words.speech import Speech
from tray.present.answer import Answer
from tray.present.entries import Perform
from tray.present.names import shown_name
from tray.present.rows import Row, row

CLIENTS = Perform(verb="client")


def headers(speech: Speech) -> tuple[str, ...]:
    """What stands above the columns."""
    return (speech.say("Tool"), speech.say("Accounts"), speech.say("Token since"))


def clients(answer: Answer, *, speech: Speech, now: datetime) -> tuple[Row, ...]:
    """Every tool that may call, whose accounts serve it, and since when."""
    return tuple(_row(part, speech=speech, now=now) for part in answer.parts("clients"))


def words(speech: Speech) -> str:
    """What the table is about."""
    return speech.say(
        "Other tools on this machine that may call Turntable, each with a token of its own. "
        "`turntable snippets` shows how to point one here."
    )


def let_call(label: str) -> Perform:
    """One more tool; its token is in the answer, this once."""
    return _wish("create", {"label": label})


def new_token(client: str) -> Perform:
    """The old one opens nothing any more."""
    return _wish("rotate", {"client": client})


def revoke(client: str) -> Perform:
    """The tool may not call any more."""
    return _wish("revoke", {"client": client})


def told(answer: Answer) -> str:
    """What was done, without the token: that has a place of its own."""
    token = answer.text("token")
    return " ".join(said for said in answer.texts("messages") if said != token)


def _wish(action: str, more: dict[str, JsonValue]) -> Perform:
    return Perform(verb="client", arguments={"action": action, **more})


def _row(part: Answer, *, speech: Speech, now: datetime) -> Row:
    since, pool = part.moment("created_at"), part.part("pool").text("name")
    return row(
        part.text("id"),
        shown_name(part.text("label"), 48),
        speech.say("pool {pool}", pool=shown_name(pool)) if pool else speech.say("any account"),
        "" if since is None else speech.stamp(since, now),
    )
