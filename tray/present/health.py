"""The doctor's findings and the bind, as a page."""

from dataclasses import dataclass

from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.present.answer import Answer
from tray.present.entries import Choice, Perform
from tray.present.tone import Tone

_TONES = {"good": Tone.GOOD, "unknown": Tone.MUTED, "odd": Tone.WARN, "bad": Tone.BAD}


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One finding.

    Attributes:
        check: its name.
        symbol: which symbol says how it stands.
        state: the same in a word, for readers of the screen.
        title: what was looked at.
        text: what was found, and what a person can do.
        tone: how grave.
        fix: what mends it; None when nothing does.
        fix_text: what the fix would change.
    """

    check: str
    symbol: str
    state: str
    title: str
    text: str
    tone: Tone
    fix: Choice | None
    fix_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BindView:
    """How Codex is routed.

    Attributes:
        text: in a sentence.
        tone: how grave.
        home: which Codex home.
        diff: what routing would change, a line each; empty when nothing would.
        toggle: routes, or gives back.
    """

    text: str
    tone: Tone
    home: str
    diff: tuple[str, ...]
    toggle: Choice


EXAMINE = Perform(verb="doctor")
DIFF = Perform(verb="bind", arguments={"action": "diff"})


def findings(answer: Answer, *, speech: Speech) -> tuple[FindingRow, ...]:
    """What the doctor found, in its order."""
    return tuple(_finding(part, speech) for part in answer.parts("findings"))


def summary(rows: tuple[FindingRow, ...], *, speech: Speech) -> tuple[str, Tone]:
    """The whole in one sentence."""
    bad = sum(row.tone is Tone.BAD for row in rows)
    odd = sum(row.tone is Tone.WARN for row in rows)
    if bad == 1:
        return speech.say("One thing is wrong."), Tone.BAD
    if bad:
        return speech.say("{count} things are wrong.", count=bad), Tone.BAD
    if odd == 1:
        return speech.say("It works; one thing deserves a look."), Tone.WARN
    if odd:
        return speech.say("It works; {count} things deserve a look.", count=odd), Tone.WARN
    return speech.say("All is well."), Tone.GOOD


def bind_view(report: StatusReport, diff: Answer | None, *, speech: Speech) -> BindView:
    """The bind of this snapshot; `diff` comes later."""
    bound = report.bind.state != "unbound"
    text, tone = {
        "bound": (speech.say("Codex is routed through Turntable."), Tone.GOOD),
        "unbound": (speech.say("Codex uses its own login."), Tone.PLAIN),
        "drifted": (speech.say("Somebody changed Codex’s settings since."), Tone.BAD),
    }.get(report.bind.state, (speech.say("Codex’s settings cannot be checked."), Tone.BAD))
    changes = () if diff is None else diff.text("diff").splitlines()
    lines = tuple(line for line in changes if not line.startswith(("--- ", "+++ ", "@@")))
    return BindView(
        text=text,
        tone=tone,
        home=report.bind.codex_home,
        diff=lines,
        toggle=Choice(
            id="route",
            text=speech.say("Stop routin&g Codex") if bound else speech.say("Route &Codex"),
            action=Perform(verb="unbind" if bound else "bind"),
            enabled=bound or report.proxy.listening,
        ),
    )


def _finding(part: Answer, speech: Speech) -> FindingRow:
    health = part.text("health")
    check, fix = part.text("check"), part.text("fix")
    state = {
        "good": speech.say("good"),
        "unknown": speech.say("not known"),
        "odd": speech.say("deserves a look"),
    }.get(health, speech.say("wrong"))
    return FindingRow(
        check=check,
        symbol=health if health in _TONES else "bad",
        state=state,
        title=part.text("title"),
        text=" ".join(t for t in (part.text("text"), part.text("hint")) if t),
        tone=_TONES.get(health, Tone.BAD),
        fix=Choice(
            id=f"fix.{check}",
            text=speech.say("Fix"),
            action=Perform(verb="doctor", arguments={"check": check, "fix": True}),
        )
        if fix
        else None,
        fix_text=fix,
    )
