"""What a person is told, by tables: between two snapshots, once, in a sentence, not at night."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.control.telling import Teller
from core.domain.account import AccountId
from core.domain.decision import Because
from core.domain.events import ShowRequested
from core.domain.happening import (
    Happening,
    HappeningKind,
    happenings,
    is_quiet,
    is_told,
    outline,
)
from core.domain.report import MoveReport, StatusReport, WindowReport
from core.domain.settings import NotifySettings, Settings, with_value
from core.words.happenings import title, told
from core.words.speech import english
from tests.core.control.apps import make_app
from tests.fakes.clock import FakeClock
from tests.tray.snapshots import NOW, account, snapshot, week, window

type Windows = tuple[WindowReport, ...]
SETTINGS = NotifySettings()
HOUR = timedelta(hours=1)
BOTH = snapshot(account(1, "Work"), account(2, "Home"))


def waiting(number: int, label: str, *, windows: Windows | None = None) -> StatusReport:
    others = account(2, "Home") if number == 1 else account(1, "Work")
    shown = account(number, label, state="waiting", until=HOUR, windows=windows)
    return snapshot(shown, others, serves=2 if number == 1 else 1)


def sentences(before: StatusReport, after: StatusReport) -> list[str]:
    return [told(one, NOW, english()) for one in happenings(before, after, SETTINGS)]


def signed_out(because: Because) -> StatusReport:
    one = replace(account(1, "Work", state="needs_sign_in"), reason=because.value)
    return snapshot(one, account(2, "Home"), serves=2)


def left(percent: float | None) -> StatusReport:
    return snapshot(account(1, "Work", windows=(window(percent), week(60))))


def moved(*threads: str, moved_to: int) -> StatusReport:
    goal, source = AccountId(f"acc_{moved_to}"), AccountId(f"acc_{3 - moved_to}")
    return replace(
        BOTH,
        moves=tuple(
            MoveReport(thread=thread, moved_from=source, moved_to=goal, at=NOW)
            for thread in threads
        ),
    )


def credit_ends(after: timedelta) -> StatusReport:
    soon = after <= timedelta(days=1)
    work = replace(
        account(1, "Work"),
        reset_credits=1,
        reset_credit_ends=NOW + after,
        reset_credit_soon=soon,
    )
    return snapshot(work, account(2, "Home"))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param(BOTH, BOTH, [], id="nothing happened"),
        pytest.param(
            BOTH,
            signed_out(Because.SIGN_IN_ENDED),
            ["Work needs a new sign-in."],
            id="the issuer ended a login",
        ),
        pytest.param(BOTH, signed_out(Because.SIGNED_OUT), [], id="its user signed out of it"),
        pytest.param(
            BOTH,
            waiting(1, "Work"),
            ["Work is waiting until 10:00. Codex continues on Home."],
            id="one waits, another continues",
        ),
        pytest.param(
            BOTH,
            waiting(1, "Work", windows=(window(0, resets_in=HOUR), week(30))),
            ["Work is waiting until 10:00 (5 h limit). Codex continues on Home."],
            id="the limit that it waits for is named",
        ),
        pytest.param(waiting(1, "Work"), waiting(1, "Work"), [], id="it still waits"),
        pytest.param(waiting(1, "Work"), BOTH, ["Work is available again."], id="it is back"),
        pytest.param(
            snapshot(account(1, "Work")),
            snapshot(account(1, "Work", state="waiting", until=HOUR), serves=None),
            ["Nothing left until 10:00 (Work). Codex will be told so."],
            id="the last one waits: said once, and not as one that another continues",
        ),
        pytest.param(
            snapshot(account(1, "Work")),
            snapshot(account(1, "Work", state="paused"), serves=None),
            ["No account can serve any more. Codex will be told so."],
            id="nobody can, and no time is known",
        ),
        pytest.param(
            BOTH,
            snapshot(account(1, "Work", state="needs_sign_in"), account(2, "Home"), serves=2),
            ["Work needs a new sign-in."],
            id="a sign-in ended",
        ),
        pytest.param(left(25), left(19), ["Work: 19 % left (5 h), resets 14:30."], id="below 20 %"),
        pytest.param(left(19), left(12), [], id="still below 20 %"),
        pytest.param(
            left(12), left(4), ["Work: 4 % left (5 h), resets 14:30."], id="below 5 % too"
        ),
        pytest.param(
            left(25), left(4), ["Work: 4 % left (5 h), resets 14:30."], id="both at once: one"
        ),
        pytest.param(left(None), left(4), [], id="unknown before: nothing was passed"),
        pytest.param(left(4), left(100), [], id="a reset is no news"),
        pytest.param(
            BOTH,
            snapshot(account(1, "Work"), account(2, "Home"), bind="drifted"),
            ["Turntable stopped routing; Codex uses its own login again."],
            id="somebody changed Codex's settings",
        ),
        pytest.param(
            BOTH,
            snapshot(account(1, "Work"), account(2, "Home"), bind="unbound"),
            [],
            id="given back by the person: no news",
        ),
        pytest.param(snapshot(), BOTH, [], id="new accounts are no news"),
        pytest.param(
            BOTH,
            moved("0199f3a2-7c41-7000", moved_to=2),
            ["Chat “0199f3a2-7c41” continues on Home; its hidden reasoning stays behind."],
            id="a chat moved",
        ),
        pytest.param(
            moved("one", moved_to=2),
            moved("one", "two", moved_to=2),
            ["Chat “two” continues on Home; its hidden reasoning stays behind."],
            id="an earlier move is told no more",
        ),
        pytest.param(
            BOTH,
            moved("one", "two", moved_to=2),
            ["2 chats continue on Home; their hidden reasoning stays behind."],
            id="several at once are one message",
        ),
        pytest.param(
            BOTH,
            credit_ends(timedelta(hours=23)),
            ["A reset credit of Work expires Tue 08:00."],
            id="a reset credit is about to expire",
        ),
        pytest.param(
            credit_ends(timedelta(hours=23)),
            credit_ends(timedelta(hours=22)),
            [],
            id="that is said once",
        ),
        pytest.param(BOTH, credit_ends(timedelta(days=3)), [], id="in three days it is no news"),
        pytest.param(
            BOTH,
            snapshot(
                replace(
                    account(1, "Work", state="waiting", until=HOUR), reason=Because.SKIPPED.value
                ),
                account(2, "Home"),
                serves=2,
            ),
            [],
            id="passed by at the person's word",
        ),
    ],
)
def test_what_happened(before: StatusReport, after: StatusReport, said: list[str]) -> None:
    assert sentences(before, after) == said
    if said:
        assert outline(before) != outline(after)


def with_switch_off(kind: HappeningKind) -> NotifySettings:
    return with_value(Settings(), f"notify.{kind}", value=False).notify


def test_every_kind_has_its_switch() -> None:
    for kind in HappeningKind:
        off = with_switch_off(kind)
        assert is_told(Happening(kind=kind), SETTINGS)
        assert not is_told(Happening(kind=kind), off)


def test_title_is_the_account_or_us() -> None:
    assert title(Happening(kind=HappeningKind.BACK, label="Work"), english()) == "Work"
    assert title(Happening(kind=HappeningKind.ROUTING), english()) == "Turntable"


@pytest.mark.parametrize(
    ("begin", "end", "at", "quiet"),
    [
        pytest.param("22:00", "07:30", "23:15", True, id="over midnight, before it"),
        pytest.param("22:00", "07:30", "06:00", True, id="over midnight, after it"),
        pytest.param("22:00", "07:30", "07:30", False, id="the end is not quiet"),
        pytest.param("12:00", "13:00", "12:30", True, id="at noon"),
        pytest.param("12:00", "13:00", "14:00", False, id="after noon"),
        pytest.param("9:00", "10:00", "09:30", True, id="without a zero"),
        pytest.param("", "", "03:00", False, id="no quiet hours"),
        pytest.param("late", "07:00", "03:00", False, id="hours that nobody can read"),
    ],
)
def test_quiet_hours(begin: str, end: str, at: str, quiet: bool) -> None:
    settings = replace(SETTINGS, quiet_from=begin, quiet_until=end)
    hour, minute = at.split(":")
    now = datetime(2026, 3, 2, int(hour), int(minute), tzinfo=UTC)
    assert is_quiet(settings, now, UTC) is quiet


# --- beyond the desktop ------------------------------------------------------------------------


class Snapshots:
    """A façade that shows these, one after the other, and then nothing more."""

    def __init__(self, *reports: StatusReport) -> None:
        self._reports = reports

    async def perform(self, verb: str, arguments: object) -> dict[str, object]:
        raise AssertionError(verb)

    async def status(self) -> StatusReport:
        return self._reports[0]

    async def watch(self, *, traffic: bool) -> AsyncIterator[StatusReport | ShowRequested]:
        assert not traffic, "requests that have ended are nothing to tell of"
        yield ShowRequested()
        for report in self._reports:
            yield report


async def tell(folder: Path, clock: FakeClock, **settings: str) -> None:
    app = make_app(folder, clock, **settings)
    teller = Teller(app, Snapshots(BOTH, waiting(1, "Work")))  # type: ignore[arg-type]
    teller.start()
    async with asyncio.timeout(5):
        await teller.settled()
    await teller.close()


async def test_command_gets_the_happening_as_json(tmp_path: Path, clock: FakeClock) -> None:
    heard = tmp_path / "heard.json"
    script = tmp_path / "hear.py"
    script.write_text(f"import sys; open({str(heard)!r}, 'w').write(sys.stdin.read())")
    await tell(tmp_path, clock, notify_command=f"{sys.executable} {script}")
    record = json.loads(heard.read_text())
    assert record["kind"] == "waiting"
    assert record["account"] == AccountId("acc_1")
    assert record["text"].endswith("Codex continues on Home.")


async def test_topic_gets_a_sentence_with_its_title(tmp_path: Path, clock: FakeClock) -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        heard.append(head + await reader.read(1000))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        await tell(tmp_path, clock, notify_ntfy_url=f"http://127.0.0.1:{port}/topic")
    (message,) = heard
    assert message.startswith(b"POST /topic?title=Work HTTP/1.1")
    assert message.endswith(b"Codex continues on Home.")


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"notify_command": "/nowhere/at-all"}, id="a command that is not there"),
        pytest.param({"notify_command": "sh -c 'exit 3'"}, id="one that fails"),
        pytest.param({"notify_command": "'unbalanced"}, id="one that cannot be read"),
        pytest.param({"notify_ntfy_url": "http://127.0.0.1:9/x"}, id="a topic nobody serves"),
        pytest.param({"notify_ntfy_url": "no address"}, id="no address at all"),
    ],
)
async def test_trouble_while_telling_is_logged_and_ends_nothing(
    tmp_path: Path,
    clock: FakeClock,
    settings: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    await tell(tmp_path, clock, **settings)
    assert [r.levelname for r in caplog.records if r.name == "core.control.telling"] == ["WARNING"]


async def test_kind_that_is_switched_off_is_not_told(tmp_path: Path, clock: FakeClock) -> None:
    heard = tmp_path / "heard"
    await tell(tmp_path, clock, notify_command=f"touch {heard}", notify_waiting="false")
    assert not heard.exists()
