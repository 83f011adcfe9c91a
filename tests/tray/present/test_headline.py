"""The menu's head and the tooltip, sentence by sentence."""

from datetime import timedelta

import pytest

from core.domain.decision import AccountState
from core.domain.report import StatusReport
from core.words.speech import english
from tests.tray.snapshots import NOW, account, snapshot, window
from tray.present.headline import details, headline, standing
from tray.present.tooltip import tooltip

ENGLISH = english()
WORK = account(1)
WAITING = account(2, "Personal", state="waiting", until=timedelta(hours=6, minutes=10))
SIGNED_OUT = account(3, "Old laptop", state="needs_sign_in")
LIMITS = "5 h 62 % left, resets 14:30 · week 40 % left, resets Tue 09:00"


@pytest.mark.parametrize(
    ("report", "first", "second"),
    [
        pytest.param(snapshot(WORK), "Codex uses Work · Plus", LIMITS, id="routing"),
        pytest.param(
            snapshot(account(1, "Work", plan="")), "Codex uses Work", LIMITS, id="plan unknown"
        ),
        pytest.param(
            snapshot(WORK, bind="unbound"),
            "Codex uses its own login",
            "Through Turntable: Work · Plus · 5 h 62 % · week 40 %",
            id="not bound",
        ),
        pytest.param(snapshot(), "No account yet", "Add one to begin.", id="no account"),
        pytest.param(
            snapshot(WORK, mode="stay", steered=1),
            "Codex stays on Work · Plus",
            LIMITS,
            id="forced, and said in the first line",
        ),
        pytest.param(
            snapshot(WORK, WAITING, serves=None, mode="stay", steered=2),
            "Only Personal · Plus: waiting until 15:10",
            LIMITS,
            id="forced, and it cannot serve",
        ),
        pytest.param(
            snapshot(WAITING, SIGNED_OUT, serves=None),
            "Nothing left until 15:10 (Personal)",
            LIMITS,
            id="everybody waits",
        ),
        pytest.param(
            snapshot(SIGNED_OUT, serves=None),
            "No account can serve; Old laptop: needs a new sign-in",
            LIMITS,
            id="everybody is signed out",
        ),
        pytest.param(
            snapshot(WORK, locked=True),
            "Your logins are locked",
            "Unlock the keyring, or type your passphrase.",
            id="vault locked",
        ),
        pytest.param(
            snapshot(WORK, listening=False),
            "Turntable is not routing",
            "The proxy does not listen; Codex uses its own login.",
            id="proxy down",
        ),
        pytest.param(
            snapshot(WORK, bind="drifted"),
            "Codex’s settings were changed; Codex may go past Turntable",
            "Through Turntable: Work · Plus · 5 h 62 % · week 40 %",
            id="somebody changed the key",
        ),
        pytest.param(
            snapshot(WORK, bind="broken"),
            "Codex’s settings cannot be checked; Codex may go past Turntable",
            "Through Turntable: Work · Plus · 5 h 62 % · week 40 %",
            id="config.toml is broken",
        ),
        pytest.param(
            snapshot(WORK, mode="stay", steered=1, bind="unbound"),
            "Codex uses its own login",
            "Through Turntable: Work · Plus · 5 h 62 % · week 40 %",
            id="forced, and not bound",
        ),
    ],
)
def test_head_of_the_menu(report: StatusReport, first: str, second: str) -> None:
    assert headline(report, speech=ENGLISH, now=NOW) == first
    assert details(report, speech=ENGLISH, now=NOW) == second


@pytest.mark.parametrize(
    ("report", "text"),
    [
        pytest.param(
            snapshot(WORK, in_flight=2),
            "Work · Plus — 5 h 62 % left, resets 14:30\n"
            "week 40 % left, resets Tue 09:00 · routing 2 requests",
            id="both limits and the traffic",
        ),
        pytest.param(
            snapshot(account(windows=(window(62),)), in_flight=1),
            "Work · Plus — 5 h 62 % left, resets 14:30\nrouting 1 request",
            id="one limit and one request",
        ),
        pytest.param(
            snapshot(account(windows=())),
            "Work · Plus — limits not known yet\nrouting",
            id="no number yet",
        ),
        pytest.param(
            snapshot(account(windows=(window(62),)), mode="paused"),
            "Work · Plus — 5 h 62 % left, resets 14:30\nrotation paused",
            id="a paused rotation",
        ),
        pytest.param(
            snapshot(WAITING, serves=None),
            f"Nothing left until 15:10 (Personal)\n{LIMITS}",
            id="trouble comes before numbers",
        ),
    ],
)
def test_tooltip(report: StatusReport, text: str) -> None:
    assert tooltip(report, speech=ENGLISH, now=NOW) == text


@pytest.mark.parametrize(
    ("state", "until", "words"),
    [
        pytest.param("ready", None, "", id="ready says nothing"),
        pytest.param("waiting", timedelta(hours=1), "waiting until 10:00", id="a known reset"),
        pytest.param("waiting", None, "waiting for its reset", id="a reset that nobody named"),
        pytest.param("failing", None, "failing, tried again shortly", id="a resting one"),
        pytest.param("needs_sign_in", None, "needs a new sign-in", id="signed out"),
        pytest.param("unverified", None, "not verified", id="in doubt"),
        pytest.param("out_of_service", None, "out of service", id="gone"),
        pytest.param("paused", None, "paused", id="paused"),
        pytest.param("draining", None, "no new chats", id="draining"),
        pytest.param("disabled", None, "disabled", id="disabled"),
        pytest.param("of the future", None, "of the future", id="an unknown word is kept"),
    ],
)
def test_why_an_account_does_not_serve(state: str, until: timedelta | None, words: str) -> None:
    shown = standing(account(state=state, until=until), speech=ENGLISH, now=NOW)
    assert shown == words


def test_every_state_of_the_engine_has_words_of_its_own() -> None:
    words = {standing(account(state=state), speech=ENGLISH, now=NOW) for state in AccountState}
    assert len(words) == len(AccountState)


def test_tooltip_has_two_lines_however_long_the_name() -> None:
    text = tooltip(snapshot(account(1, "long\nname " * 40)), speech=ENGLISH, now=NOW)
    assert text.count("\n") == 1
    assert max(map(len, text.split("\n"))) < 90
