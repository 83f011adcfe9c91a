"""Budgets as a table, and as wishes."""

from core.control.facade import JsonValue
from core.domain.budgets import Measure, Period, Subject
from core.domain.report import StatusReport
from core.words.speech import Speech
from tray.present.answer import Answer
from tray.present.entries import Perform
from tray.present.rows import Row, row
from tray.present.rules_page import account_names, pool_names
from tray.present.tone import Tone

BUDGETS = Perform(verb="budget")
_BETWEEN = ":"


def budgets(answer: Answer, *, speech: Speech) -> tuple[Row, ...]:
    """Every budget, and what is used of it."""
    return tuple(
        row(
            _number(part),
            f"#{_number(part)}",
            part.text("text"),
            speech.say("used up") if part.flag("used_up") else "",
            tone=Tone.BAD,
        )
        for part in answer.parts("budgets")
    )


def subjects(report: StatusReport, pools: Answer, *, speech: Speech) -> tuple[tuple[str, str], ...]:
    """What a budget can be about: every account, every pool, a client or a project by its name."""
    return (
        *((_about(Subject.ACCOUNT, id_), name) for id_, name in account_names(report)),
        *(
            (_about(Subject.POOL, name), speech.say("pool {pool}", pool=shown))
            for name, shown in pool_names(pools)
        ),
        (_about(Subject.CLIENT), speech.say("a client, by its name")),
        (_about(Subject.PROJECT), speech.say("a project, by its folder")),
    )


def measures(speech: Speech) -> tuple[tuple[str, str], ...]:
    """What can be counted."""
    return (
        (Measure.REQUESTS, speech.say("requests")),
        (Measure.TOKENS, speech.say("tokens")),
        (Measure.COST, speech.say("US dollars, at API prices")),
    )


def periods(speech: Speech) -> tuple[tuple[str, str], ...]:
    """For how long."""
    return (
        (Period.HOUR, speech.say("an hour")),
        (Period.DAY, speech.say("a day")),
        (Period.WEEK, speech.say("a week")),
        (Period.MONTH, speech.say("a month")),
    )


def set_budget(*, about: str, typed: str, measure: str, amount: str, period: str) -> Perform | None:
    """The budget that was filled in; None while something is missing."""
    subject, _, key = about.partition(_BETWEEN)
    named = key or typed
    if not (subject and named and amount):
        return None
    arguments: dict[str, JsonValue] = {
        "action": "set", subject: named, measure: amount, "per": period,
    }  # fmt: skip
    return Perform(verb="budget", arguments=arguments)


def remove_budget(number: str) -> Perform:
    """A budget less."""
    return Perform(verb="budget", arguments={"action": "remove", "number": number})


def undo_of_budget(wish: Perform, before: Answer, after: Answer) -> Perform | None:
    """What takes it back: the budget as it was, or none."""
    match wish.arguments.get("action"):
        case "remove":
            known = {_number(part): part for part in before.parts("budgets")}
            gone = known.get(str(wish.arguments.get("number")))
            return None if gone is None else _again(gone)
        case "set":
            known = {_number(part): part for part in before.parts("budgets")}
            for part in after.parts("budgets"):
                number = _number(part)
                if number not in known:
                    return remove_budget(number)
                if known[number].number("limit") != part.number("limit"):
                    return _again(known[number])
            return None
        case _:
            return None


def _again(part: Answer) -> Perform | None:
    """An account by its id, everything else by what people call it."""
    subject = part.text("subject")
    key = part.text("label") if subject == Subject.POOL else part.text("key")
    return set_budget(
        about=_about(subject, key),
        typed="",
        measure=part.text("measure"),
        amount=f"{part.number('limit') or 0:.6f}".rstrip("0").rstrip("."),
        period=part.text("period"),
    )


def _about(subject: str, key: str = "") -> str:
    return f"{subject}{_BETWEEN}{key}"


def _number(part: Answer) -> str:
    return f"{part.number('number') or 0:.0f}"
