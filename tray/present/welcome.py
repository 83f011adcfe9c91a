"""The first run: three steps, each with what it changes on this machine, each to be skipped."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from core.domain.errors import CoreError
from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.present.answer import Answer
from tray.present.entries import Choice, Perform, literal
from tray.present.joining import FROM_CODEX, ways_to_join
from tray.present.names import shown_name

FIND = Perform(verb="import", arguments={"from": "codex", "dry_run": True})
TOOLS = ("codex-multi-auth", "opencode", "router")
"""Other tools whose logins can be taken over, by the names that `import --from` knows."""
BACKUPS = Perform(verb="restore")
STARTUP = Perform(verb="startup", arguments={"action": "status"})


def look_into(tool: str) -> Perform:
    """Which logins this tool's store holds; nothing is taken."""
    return Perform(verb="import", arguments={"from": tool, "dry_run": True})


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
    tools: Mapping[str, Answer | CoreError] = MappingProxyType({}),
    backups: Answer | CoreError | None = None,
) -> tuple[Step, Step, Step]:
    """The three steps as they stand; what was asked for and has not come is None."""
    return (
        _account(report, found, (*_restores(backups, speech), *_imports(tools, speech)), speech),
        _route(report, diff, speech),
        _startup(startup, speech),
    )


def _restores(backups: Answer | CoreError | None, speech: Speech) -> Iterator[Choice]:
    """The newest backup of our own: the data was lost, or this is another machine."""
    files = backups.texts("available") if isinstance(backups, Answer) else ()
    if files:
        yield Choice(
            id="restore",
            text=speech.say("Restore the newest bac&kup"),
            action=Perform(verb="restore", arguments={"file": max(files, key=_name)}),
        )


def _name(file: str) -> str:
    """A backup's name begins with its time."""
    return file.replace("\\", "/").rpartition("/")[2]


def _imports(tools: Mapping[str, Answer | CoreError], speech: Speech) -> Iterator[Choice]:
    """A store that holds logins is offered by its tool's name."""
    for tool, answer in tools.items():
        count = len(answer.parts("imported")) if isinstance(answer, Answer) else 0
        if count:
            yield Choice(
                id=f"import.{tool}",
                text=speech.say(
                    "Import from {tool} ({count})", tool=literal(shown_name(tool)), count=count
                ),
                action=Perform(verb="import", arguments={"from": tool}),
            )


def _account(
    report: StatusReport,
    found: Answer | CoreError | None,
    offers: tuple[Choice, ...],
    speech: Speech,
) -> Step:
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
    ways = ways_to_join(report, speech=speech)
    if isinstance(found, Answer) and found.text("label"):
        name = shown_name(found.text("label"))
        text = " ".join((speech.say("Codex is signed in here as {name}.", name=name), text))
        # It is here already: nobody needs a browser for it.
        ways = tuple(sorted(ways, key=lambda choice: choice.id != FROM_CODEX))
    able = not report.vault.locked
    offered = tuple(replace(choice, enabled=able) for choice in offers)
    return Step(title=title, text=text, actions=(*offered, *ways))


def _route(report: StatusReport, diff: Answer | CoreError | None, speech: Speech) -> Step:
    title = speech.say("Let Codex go through Turntable")
    if report.bind.state == "bound":
        text = speech.say("Done; “Stop routing Codex” undoes it byte for byte.")
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
