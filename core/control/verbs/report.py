"""report: how everything stands, on one page, for the person whose accounts these are."""

from dataclasses import dataclass
from datetime import datetime

from core.app import App
from core.control.verb import Arguments
from core.control.verbs.budgets import Budgets, budget
from core.control.verbs.doctor import Diagnosis, doctor
from core.control.verbs.engine import status
from core.control.verbs.forecast import Expected, forecast
from core.control.verbs.usage import Usage, usage
from core.domain.report import StatusReport

WEEK = "7d"
"""How far back what went through is summed up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The answer of `report`: the answers of the verbs of these names, made at one time.

    Attributes:
        at: when.
        status: the snapshot.
        forecast: what is to be expected.
        usage: of the last seven days, by account.
        budget: the user's own limits.
        doctor: what is wrong.
    """

    at: datetime
    status: StatusReport
    forecast: Expected
    usage: Usage
    budget: Budgets
    doctor: Diagnosis


async def report(app: App, arguments: Arguments) -> Report:
    """Ask each of them; nothing is changed and nothing is spent."""
    home = arguments.text("codex_home")
    here = Arguments({} if home is None else {"codex_home": home})
    return Report(
        at=app.clock.now(),
        status=await status(app, here),
        forecast=await forecast(app, Arguments({})),
        usage=await usage(app, Arguments({"since": WEEK})),
        budget=await budget(app, Arguments({})),
        doctor=await doctor(app, here),
    )
