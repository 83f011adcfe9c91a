"""What `turntable why` says of the turns that a journey has caused."""

from typing import Any

from tests.journeys.turntable import Turntable


async def turns_of(turntable: Turntable) -> list[dict[str, Any]]:
    """The log's turns, the oldest first."""
    requests = (await turntable.done("log", "--last", "100"))["requests"]
    return [request for request in requests if request["kind"] == "responses"]


async def why(turntable: Turntable, turn: dict[str, Any]) -> dict[str, Any]:
    """`why REQUEST` of one turn of the log."""
    (explained,) = (await turntable.done("why", turn["id"]))["requests"]
    assert explained["id"] == turn["id"]
    return dict(explained)


def verdict_on(explained: dict[str, Any], label: str) -> tuple[bool, str, str]:
    """Whether the account of this label might serve, why (not), and the sentence of it."""
    (verdict,) = [one for one in explained["verdicts"] if one["label"] == label]
    return verdict["eligible"], verdict["because"], verdict["text"]


def asked(explained: dict[str, Any]) -> list[tuple[str, str]]:
    """Who was asked, and what came of it."""
    return [(one["label"], one["outcome"]) for one in explained["attempts"]]
