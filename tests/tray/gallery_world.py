"""The made-up world that the gallery paints: snapshots, answers and messages, at a fixed time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from core.control.facade import JsonValue
from core.domain.account import AccountId
from core.domain.errors import CoreError
from core.domain.happening import Happening, HappeningKind
from core.domain.report import ReserveReport, StatusReport, VerdictReport
from core.domain.sentence import Sentence
from core.storage.faults import damaged
from core.words.speech import Speech
from tests.tray import answers, rule_answers, usage_answers
from tests.tray.snapshots import NOW, account, snapshot, week, window
from tray.present.answer import Answer, Answered, Ask
from tray.present.entries import Perform
from tray.present.welcome import FIND

_MINUTE = timedelta(minutes=1)
_ENOUGH = Sentence(
    "Enough: {label} has {percent} left.",
    label="Personal",
    percent=Sentence("{whole} %", whole=100),
)


def usual() -> StatusReport:
    """Five accounts, one waiting, one that wants a hand."""
    kept = ReserveReport(session=0, week=20, month=0)
    made = snapshot(
        replace(account(1, "Work", last_used=NOW - 2 * _MINUTE), in_flight=2, tags=("job",)),
        replace(account(2, "Personal", windows=(window(100), week(93))), reserve=kept),
        account(
            3, "Client A", plan="team", state="waiting", until=timedelta(hours=6),
            windows=(window(0, resets_in=timedelta(hours=6)), week(12)),
            last_used=NOW - 40 * _MINUTE,
        ),
        account(4, "Old laptop", state="needs_sign_in", windows=()),
        account(
            5, "R&D <b>snake_case</b>", plan="pro",
            windows=(window(8, age=timedelta(hours=3)), week(None)),
        ),
    )  # fmt: skip
    verdict = VerdictReport(state="enough", until=None, text=_ENOUGH)
    return replace(made, verdict=verdict)


def trouble() -> StatusReport:
    """Codex's settings were changed by somebody, and nobody can serve."""
    made = snapshot(
        account(
            1, "Work", state="waiting", until=timedelta(hours=6), windows=(window(0), week(40))
        ),
        account(2, "Personal", state="needs_sign_in", windows=()),
        serves=None,
        bind="drifted",
    )
    verdict = VerdictReport(
        state="empty",
        until=NOW + timedelta(hours=6),
        text=Sentence("Nothing left until {time} ({label}).", time="15:00", label="Work"),
    )
    return replace(made, verdict=verdict)


def empty() -> StatusReport:
    """The first start."""
    verdict = VerdictReport(state="empty", until=None, text=Sentence("No account yet."))
    return replace(snapshot(bind="unbound"), verdict=verdict)


def many() -> StatusReport:
    """Two hundred accounts, and the names that people give."""
    names = ("Work " * 60, "R&D & Co", "<b>bold</b>", "🦊 fox", "חשבון עבודה", "工作账户")
    return snapshot(*(account(n, names[n % 6] if n < 7 else f"Client {n}") for n in range(1, 201)))


class Answers:
    """Answers at once, as the engine would."""

    def __init__(self, *, well: bool = True, none: bool = False, refuses: str = "") -> None:
        self._well, self._none, self._refuses = well, none, refuses

    def speaking(self, speech: Speech) -> Ask:
        """Answers in the language of the person."""

        def ask(question: Perform, answered: Answered) -> None:
            made = self._answer(question)
            if isinstance(made, CoreError):
                told = (speech.retell(text) for text in (made.message, made.hint))
                answered(CoreError(made.code, *told))
            else:
                answered(_said(made, speech))

        return ask

    def _answer(self, question: Perform) -> Answer | CoreError:
        if self._refuses:
            return CoreError("refused", self._refuses, "Try again.")
        made = self._of_usage(question) or self._of_rules(question) or self._of_engine(question)
        if not self._well and question.verb in ("usage", "profile"):
            return damaged(Path("ledger.db"))
        if made is None:
            return CoreError("refused", f"{question.verb} was refused.", "This is a picture.")
        return Answer(made)

    def _of_usage(self, question: Perform) -> dict[str, JsonValue] | None:
        match question.verb:
            case "quota":
                return usage_answers.quota([] if self._none else None)
            case "usage":
                by = str(question.arguments.get("by"))
                return {"lines": [], "total": {}} if self._none else usage_answers.usage(by)
            case "forecast":
                return {"ahead": []} if self._none else usage_answers.forecast()
            case _:
                return None

    def _of_rules(self, question: Perform) -> dict[str, JsonValue] | None:
        if question.verb not in ("pool", "rule", "budget", "profile"):
            return None
        if self._none:
            return rule_answers.none(question.verb)
        if not self._well and question.verb == "rule":
            return rule_answers.none("rule") | {"unreadable": True}
        made = {
            "pool": rule_answers.pools,
            "rule": rule_answers.rules,
            "budget": rule_answers.budgets,
        }
        return made.get(question.verb, rule_answers.profiles)()

    def _of_engine(self, question: Perform) -> dict[str, JsonValue] | None:
        made: dict[str, JsonValue] | None = None
        match question.verb:
            case "import":
                made = answers.found() if question == FIND else {}
            case "startup":
                made = {"enabled": False}
            case "log":
                made = {"requests": []} if self._none else answers.log()
            case "why":
                made = {"requests": []} if self._none else answers.why()
            case "simulate":
                made = answers.simulated()
            case "doctor":
                made = answers.well() if self._well else answers.unwell()
            case "client":
                made = {"clients": []} if self._none else answers.clients()
            case "bind":
                made = answers.bind_diff()
            case "config":
                held: dict[str, tuple[JsonValue, str]] = {
                    "proxy.port": (9000, "settings.toml"),
                    "routing.strategy": ("sticky", "environment"),
                }
                made = answers.config(held)
        return made


def told_today() -> Iterator[tuple[Happening, timedelta]]:
    """What the page of messages is full of, the oldest first."""
    kinds, hour = HappeningKind, timedelta(hours=1)
    old, work, client = (AccountId(f"acc_{n}") for n in (4, 1, 3))
    yield Happening(kind=kinds.SIGN_IN, account=old, label="Old laptop"), 13 * hour
    yield Happening(kind=kinds.BACK, account=work, label="Work"), 2 * hour
    yield (
        Happening(
            kind=kinds.LOW, account=client, label="Client A", window=("week", 10080), left=12.0,
            until=NOW + timedelta(days=1),
        ),
        hour,
    )  # fmt: skip
    yield (
        Happening(
            kind=kinds.WAITING, account=client, label="Client A", other="Work",
            window=("session", 300), until=NOW + timedelta(hours=6),
        ),
        40 * _MINUTE,
    )  # fmt: skip
    yield (
        Happening(
            kind=kinds.MOVED, account=client, label="Client A", other="Work", thread="0199c3f4",
            chat="fix login", count=1,
        ),
        39 * _MINUTE,
    )  # fmt: skip


def _said(answer: Answer, speech: Speech) -> Answer:
    told = answers.retold(dict(answer.whole()), speech)
    return Answer(told if isinstance(told, dict) else {})


def said_report(report: StatusReport, speech: Speech) -> StatusReport:
    """The same snapshot in the language of the person."""
    verdict = replace(report.verdict, text=speech.retell(report.verdict.text))
    return replace(report, verdict=verdict)
