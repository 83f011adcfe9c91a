"""A façade without an engine: performs verbs on a made-up snapshot and remembers them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

from core.control.facade import JsonValue
from core.domain.account import AccountId
from core.domain.errors import CoreError
from core.domain.events import ShowRequested, Surface
from core.domain.report import RotationReport, StatusReport

type _Seen = StatusReport | ShowRequested | Exception | None
"""None = the engine ends."""


class FakeFacade:
    """A `core.control.facade.Facade`.

    Attributes:
        performed: every verb with its arguments, in order.
        refusals: verb → the error that it ends in.
        answers: verb → what it answers, without changing anything.
    """

    def __init__(self, report: StatusReport) -> None:
        self.performed: list[tuple[str, dict[str, JsonValue]]] = []
        self.refusals: dict[str, Exception] = {}
        self.answers: dict[str, dict[str, JsonValue]] = {
            "config": {"settings": []},
            "startup": {"enabled": False},
        }
        self._report = report
        self._pending: asyncio.Queue[StatusReport | ShowRequested | Exception | None] = (
            asyncio.Queue()
        )

    async def perform(self, verb: str, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        self.performed.append((verb, dict(arguments)))
        if verb in self.refusals:
            raise self.refusals[verb]
        if verb in self.answers:
            return self.answers[verb]
        after = _after(self._report, verb, arguments)
        if after != self._report:
            self.become(after)
        return {}

    async def status(self) -> StatusReport:
        return self._report

    async def watch(self) -> AsyncIterator[StatusReport | ShowRequested]:
        yield self._report
        while (seen := await self._pending.get()) is not None:
            if isinstance(seen, Exception):
                raise seen
            yield seen

    def become(self, report: StatusReport) -> None:
        """From now on this is the snapshot; watchers are told."""
        self._report = report
        self._pending.put_nowait(report)

    def change(self, label: str, **fields: object) -> None:
        """The account of this label is different from now on, and the next one serves."""
        changed = tuple(
            replace(a, **fields) if a.label == label else a  # type: ignore[arg-type]
            for a in self._report.accounts
        )
        ready = next((a.id for a in changed if a.state == "ready"), None)
        rotation = replace(self._report.rotation, next=ready)
        self.become(replace(self._report, accounts=changed, rotation=rotation))

    def leave_out(self, label: str) -> None:
        """Remove the account of this label."""
        kept = tuple(a for a in self._report.accounts if a.label != label)
        self.become(replace(self._report, accounts=kept))

    def ask_to_show(self, surface: Surface = Surface.WINDOW) -> None:
        """As a second start does, or `turntable panel`."""
        self._pending.put_nowait(ShowRequested(surface=surface))

    def break_off(self, error: Exception) -> None:
        """The engine ends in an error."""
        self._pending.put_nowait(error)

    def end(self) -> None:
        """The engine ends by itself."""
        self._pending.put_nowait(None)


def _after(report: StatusReport, verb: str, arguments: Mapping[str, JsonValue]) -> StatusReport:
    named = arguments.get("account")
    account = AccountId(named) if isinstance(named, str) else None
    match verb:
        case "use" | "stay" if account is not None:
            return replace(report, rotation=_steered(report, verb, account, account))
        case "auto":
            first = report.accounts[0].id
            return replace(report, rotation=_steered(report, verb, None, first))
        case "bind" if "action" in arguments:
            return report
        case "bind" | "unbind":
            state = "bound" if verb == "bind" else "unbound"
            return replace(report, bind=replace(report.bind, state=state))
        case _:
            raise CoreError("unknown_verb", f"There is no {verb}.")


def _steered(
    report: StatusReport, mode: str, account: AccountId | None, following: AccountId
) -> RotationReport:
    return replace(report.rotation, mode=mode, account=account, next=following)
