"""Checks of the way out: a request through our own listener, the back end, the clock."""

from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from core.doctor.finding import Finding, Health, Subject
from core.proxy.upstream import base_of
from core.runtime.failing import what_failed

if TYPE_CHECKING:
    import httpx

_MODELS = "backend-api/codex/models?client_version=0.0.0"
_ASTRAY = timedelta(minutes=2)
"""A clock that is farther off breaks sign-ins and makes every reset time wrong."""


async def path(subject: Subject) -> Finding:
    """A request goes the whole way, as the bound Codex would send it; it costs nothing."""
    import httpx

    say = subject.speech.say
    title = say("A request of our own")
    if subject.port is None or subject.secret is None:
        text = say("Codex is not routed here, so none was sent.")
        return Finding(check="path", title=title, health=Health.UNKNOWN, text=text)
    address = f"http://127.0.0.1:{subject.port}/c/{subject.secret}/{_MODELS}"
    try:
        async with subject.connect_here() as client:
            answer = await client.get(address)
    except httpx.HTTPError as error:
        why = what_failed(type(error).__name__)
        text = say("It was not answered ({why}).", why=why)
        return Finding(check="path", title=title, health=Health.BAD, text=text)
    if answer.status_code == 200:
        text = say("The list of models came back through the proxy.")
        return Finding(check="path", title=title, health=Health.GOOD, text=text)
    return Finding(
        check="path",
        title=title,
        health=Health.BAD,
        text=say(
            "It was answered with {status}: {why}", status=answer.status_code, why=_why(answer)
        ),
        hint=say("`turntable log` shows the newest requests; `turntable why` explains them."),
    )


async def clock(subject: Subject) -> Finding:
    """The back end can be reached, and this machine's clock is right."""
    import httpx

    say = subject.speech.say
    title = say("Network and clock")
    upstream = subject.settings.upstream
    if base_of(upstream.base_url, allow_custom=upstream.allow_custom) is None:
        return Finding(
            check="clock",
            title=title,
            health=Health.BAD,
            text=say("The address in upstream.base_url may not be sent a login; it was not asked."),
            hint=say("`turntable config unset upstream.base_url` puts the usual one back."),
        )
    try:
        async with subject.connect() as client:
            answer = await client.head(upstream.base_url)
    except (httpx.HTTPError, OSError) as error:
        return Finding(
            check="clock",
            title=title,
            health=Health.BAD,
            text=say(
                "The back end cannot be reached ({why}).", why=what_failed(type(error).__name__)
            ),
            hint=say("Check the network, and `upstream.proxy` where there is an egress proxy."),
        )
    said = answer.headers.get("date", "")
    try:
        off = subject.now - parsedate_to_datetime(said)
    except (TypeError, ValueError):
        text = say("The back end answers, and does not say what time it is.")
        return Finding(check="clock", title=title, health=Health.GOOD, text=text)
    if abs(off) > _ASTRAY:
        return Finding(
            check="clock",
            title=title,
            health=Health.BAD,
            text=say(
                "This machine’s clock is {minutes} minutes off.",
                minutes=round(off / timedelta(minutes=1)),
            ),
            hint=say("Set it right, or let the system do so; reset times are wrong until then."),
        )
    text = say("The back end answers, and the clock is right.")
    return Finding(check="clock", title=title, health=Health.GOOD, text=text)


def _why(answer: "httpx.Response") -> str:
    """The sentence in an answer of ours; what the status code means, in any other."""
    try:
        error = answer.json()["error"]
        return str(error["message"])
    except (ValueError, KeyError, TypeError):
        return answer.reason_phrase
