"""The glance panel as a value."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.report import (
    AccountReport,
    CreditsReport,
    ReserveReport,
    StatusReport,
    VerdictReport,
)
from core.words.speech import english
from tests.tray.snapshots import NOW, account, snapshot, week, window
from tray.present.bars import Bar
from tray.present.entries import Local, Perform
from tray.present.panel import SHOWN, PanelView, panel
from tray.present.tone import Tone

HOURS = timedelta(hours=1)


def view(report: StatusReport) -> PanelView:
    return panel(report, speech=english(), now=NOW)


def one(shown: AccountReport) -> PanelView:
    return view(snapshot(shown))


@pytest.mark.parametrize(
    ("state", "tone"),
    [
        pytest.param("enough", Tone.GOOD, id="enough is good"),
        pytest.param("tight", Tone.WARN, id="tight is a warning"),
        pytest.param("empty", Tone.BAD, id="nothing left is bad"),
        pytest.param("collecting", Tone.PLAIN, id="collecting is neither"),
        pytest.param("of tomorrow", Tone.PLAIN, id="a word of a later version is plain"),
    ],
)
def test_verdict_is_the_engine_s_own_sentence(state: str, tone: Tone) -> None:
    verdict = VerdictReport(state=state, until=None, text="As it is.")
    shown = view(replace(snapshot(account()), verdict=verdict))
    assert (shown.verdict, shown.tone) == ("As it is.", tone)


def test_no_account_is_no_trouble() -> None:
    verdict = VerdictReport(state="empty", until=None, text="No account yet.")
    shown = view(replace(snapshot(), verdict=verdict))
    assert (shown.verdict, shown.tone, shown.rows) == ("No account yet.", Tone.PLAIN, ())
    assert shown.below == "", "said once"
    assert [choice.id for choice in shown.actions] == ["add.browser", "open"]


def test_locked_logins_are_opened_from_the_panel() -> None:
    shown = view(snapshot(locked=True))
    assert shown.below == "Your logins are locked"
    assert [choice.id for choice in shown.actions] == ["unlock", "open"]


def test_bars_say_name_what_is_left_and_when_there_is_more() -> None:
    (row,) = one(account(windows=(window(62), week(12)))).rows
    assert row.bars == (
        Bar(name="5 h", left=62, text="62 %", resets="14:30", reserve=None, low=False),
        Bar(name="week", left=12, text="12 %", resets="Tue 09:00", reserve=None, low=True),
    )


def test_unknown_is_never_an_empty_bar() -> None:
    (row,) = one(account(windows=(window(None), week(30)))).rows
    assert (row.bars[0].left, row.bars[0].text, row.bars[0].resets) == (None, "unknown", "")


def test_reserve_is_marked_on_its_window() -> None:
    kept = replace(account(), reserve=ReserveReport(session=0, week=20, month=0))
    (row,) = one(kept).rows
    assert [bar.reserve for bar in row.bars] == [None, 20]


@pytest.mark.parametrize(
    ("shown", "state", "tone"),
    [
        pytest.param(account(), "serves next", Tone.GOOD, id="who is next"),
        pytest.param(replace(account(), in_flight=1), "1 request", Tone.GOOD, id="one under way"),
        pytest.param(replace(account(), in_flight=3), "3 requests", Tone.GOOD, id="three"),
        pytest.param(
            account(state="waiting", until=HOURS),
            "waiting until 10:00",
            Tone.WARN,
            id="a wait with its end",
        ),
        pytest.param(
            account(state="needs_sign_in"), "needs a new sign-in", Tone.BAD, id="a hand is needed"
        ),
        pytest.param(account(state="paused"), "paused", Tone.WARN, id="paused by the person"),
    ],
)
def test_state_is_a_word_or_two(shown: AccountReport, state: str, tone: Tone) -> None:
    (row,) = one(shown).rows
    assert (row.state, row.tone) == (state, tone)


def test_age_is_said_when_the_numbers_are_old_and_only_then() -> None:
    (fresh,) = one(account()).rows
    (old,) = one(account(windows=(window(50, age=3 * HOURS),))).rows
    assert (fresh.age, old.age) == ("", "3 h ago")


def test_open_row_tells_everything() -> None:
    shown = replace(
        account(windows=(window(62), window(5, scope="gpt-6-codex"))),
        credits=CreditsReport(has=True, unlimited=False, balance="12.50"),
        reset_credits=2,
        last_used=NOW - HOURS,
    )
    (row,) = one(shown).rows
    assert row.details == (
        "5 h 62 % left, resets 14:30",
        "gpt-6-codex: 5 h 5 % left, resets 14:30",
        "credits 12.50",
        "2 reset credits",
        "last used 08:00",
        "person@example.com",
        "workspace Personal",
    )


def test_row_is_one_sentence_for_readers_of_the_screen() -> None:
    (row,) = one(account(windows=(window(62),))).rows
    assert row.spoken == "Work, Plus, serves next, 5 h 62 % left, resets 14:30"


def test_preferred_account_cannot_be_preferred_again() -> None:
    (row,) = view(snapshot(account(), mode="use", steered=1)).rows
    assert {c.id: c.enabled for c in row.actions} == {"use": False, "stay": True, "check": True}
    assert row.actions[1].action == Perform(verb="stay", arguments={"account": "acc_1"})


def test_timeline_holds_returns_and_resets_in_their_order() -> None:
    shown = view(
        snapshot(
            account(1, "Work", windows=(window(62),)),
            account(2, "Client", state="waiting", until=2 * HOURS, windows=()),
            account(3, "Full", windows=(window(100),)),
        )
    )
    assert [mark.text for mark in shown.timeline] == ["11:00 Client is back", "14:30 Work 5 h"]
    assert [round(mark.at, 2) for mark in shown.timeline] == [0.36, 1.0]


def test_two_hundred_accounts_are_a_glance_and_a_number() -> None:
    shown = view(snapshot(*(account(n, f"A{n}") for n in range(1, 201))))
    assert (len(shown.rows), shown.more) == (SHOWN, "188 more in the window")
    assert shown.actions[0].action is Local.OPEN_WINDOW


def test_names_of_others_are_cleaned() -> None:
    (row,) = one(account(label="a\nb" + "x" * 300)).rows
    assert "\n" not in row.name
    assert len(row.name) <= 32


def test_many_resets_at_one_time_are_a_few_names_and_a_number() -> None:
    shown = view(snapshot(*(account(n, f"A{n}", windows=(window(50),)) for n in range(1, 9))))
    assert [mark.text for mark in shown.timeline] == ["14:30 A1 5 h, A2 5 h, A3 5 h, 5 more"]


@pytest.mark.parametrize(
    ("per_hour", "runs_out", "said"),
    [
        pytest.param(None, None, "5 h 62 % left, resets 14:30", id="too little is known"),
        pytest.param(
            30.0,
            timedelta(hours=2, minutes=10),
            "5 h 62 % left, resets 14:30 · runs out in 2 h 10 min",
            id="it runs out before",
        ),
        pytest.param(
            5.0, None, "5 h 62 % left, resets 14:30 · lasts until the reset", id="it lasts"
        ),
        pytest.param(0.0, None, "5 h 62 % left, resets 14:30 · not in use", id="nobody uses it"),
    ],
)
def test_open_row_says_how_long_a_limit_lasts(
    per_hour: float | None, runs_out: timedelta | None, said: str
) -> None:
    until = None if runs_out is None else NOW + runs_out
    limit = replace(window(62), per_hour=per_hour, runs_out_at=until)
    (row,) = one(account(windows=(limit,))).rows
    assert row.details[0] == said


@pytest.mark.parametrize(
    ("count", "ends", "said"),
    [
        pytest.param(1, None, "1 reset credit", id="one, and nobody says how long it is good"),
        pytest.param(1, HOURS, "1 reset credit, expires 10:00", id="one with its expiry"),
        pytest.param(
            3, HOURS, "3 reset credits, the next expires 10:00", id="several: the next one"
        ),
    ],
)
def test_open_row_says_when_reset_credits_expire(
    count: int, ends: timedelta | None, said: str
) -> None:
    until = None if ends is None else NOW + ends
    shown = replace(account(), reset_credits=count, reset_credit_ends=until)
    (row,) = one(shown).rows
    assert said in row.details
