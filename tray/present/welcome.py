"""The first run: three steps, each with what it changes on this machine, each to be skipped."""

from dataclasses import dataclass

from core.domain.errors import CoreError
from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.present.answer import Answer
from tray.present.entries import Choice, Perform
from tray.present.joining import ways_to_join

FIND = Perform(verb="import", arguments={"from": "codex", "dry_run": True})
STARTUP = Perform(verb="startup", arguments={"action": "status"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step.

    Attributes:
        title: what it is about.
        text: why, and what is found or changed.
        change: the exact lines that change; empty when there are none.
        done: whether there is nothing left to do.
        actions: what does it.
    """

    title: str
    text: str
    change: tuple[str, ...] = ()
    done: bool = False
    actions: tuple[Choice, ...] = ()


def steps(
    report: StatusReport,
    *,
    found: Answer | CoreError | None,
    diff: Answer | CoreError | None,
    startup: Answer | CoreError | None,
    speech: Speech,
) -> tuple[Step, Step, Step]:
    """The three steps as they stand; what was asked for and has not come is None."""
    return (
        _account(report, found, speech),
        _route(report, diff, speech),
        _startup(startup, speech),
    )


def _account(report: StatusReport, found: Answer | CoreError | None, speech: Speech) -> Step:
    title = speech.say("Add your first account")
    if report.accounts:
        count = len(report.accounts)
        text = speech.say("Done: {count} accounts are here.", count=count)
        if count == 1:
            text = speech.say("Done: one account is here.")
        return Step(title=title, text=text, done=True, actions=ways_to_join(report, speech=speech))
    text = speech.say(
        "Its login is sealed on this machine and shown to nobody but the back end; the file it "
        "comes from is only read."
    )
    if isinstance(found, Answer):
        text = " ".join((*found.texts("messages"), text))
    return Step(title=title, text=text, actions=ways_to_join(report, speech=speech))


def _route(report: StatusReport, diff: Answer | CoreError | None, speech: Speech) -> Step:
    title = speech.say("Let Codex go through Turntable")
    if report.bind.state == "bound":
        text = speech.say("Done; “Give Codex back” undoes it byte for byte.")
        return Step(title=title, text=text, done=True)
    lines = diff.text("diff").splitlines() if isinstance(diff, Answer) else []
    return Step(
        title=title,
        text=speech.say(
            "One line is set in {home}/config.toml, and taken back when Turntable ends.",
            home=report.bind.codex_home,
        ),
        change=tuple(line for line in lines if not line.startswith(("--- ", "+++ ", "@@"))),
        actions=(
            Choice(
                id="bind",
                text=speech.say("Route &Codex"),
                action=Perform(verb="bind"),
                enabled=report.proxy.listening,
            ),
        ),
    )


def _startup(startup: Answer | CoreError | None, speech: Speech) -> Step:
    title = speech.say("Start at login")
    enabled = isinstance(startup, Answer) and startup.flag("enabled")
    if enabled:
        return Step(title=title, text=speech.say("Done."), done=True)
    return Step(
        title=title,
        text=speech.say("An entry in your own start-up folder; nothing of the system is changed."),
        actions=(
            Choice(
                id="startup",
                text=speech.say("&Start at login"),
                action=Perform(verb="startup", arguments={"action": "enable"}),
                enabled=startup is not None,
            ),
        ),
    )
