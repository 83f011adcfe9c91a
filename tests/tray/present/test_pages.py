"""What the pages show, as values."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.control.commands import VERBS
from core.domain.report import StatusReport
from core.domain.settings import declarations
from core.runtime.language import local_speech
from core.words.speech import english
from tests.tray import answers
from tests.tray.snapshots import NOW, account, snapshot, week, window
from tray.present.account_actions import changed, policy_actions, reserved
from tray.present.account_details import account_details
from tray.present.account_table import AccountRow, Column, account_table, found, headers
from tray.present.activity import (
    SHOWN,
    RequestRow,
    explanations,
    joined,
    outcome,
    request_rows,
)
from tray.present.activity import headers as activity_headers
from tray.present.answer import Answer
from tray.present.empty import no_accounts
from tray.present.entries import Choice, Local, Perform
from tray.present.health import bind_view, findings, summary
from tray.present.settings_page import Editor, Setting, change, reset, sections, settings, undo
from tray.present.settings_page import found as setting_found
from tray.present.tone import Tone

ENGLISH = english()
HOUR = timedelta(hours=1)


def rows(report: StatusReport) -> tuple[AccountRow, ...]:
    return account_table(report, speech=ENGLISH, now=NOW).rows


# --- accounts --------------------------------------------------------------------------------


def test_account_is_a_row_of_name_limits_state_and_last_use() -> None:
    (row,) = rows(snapshot(account(last_used=NOW - HOUR)))
    assert row.texts == ("Work", "62 % · 14:30", "40 % · Tue 09:00", "serves next", "08:00")
    assert row.below == "Plus · Personal"
    assert len(row.texts) == len(row.sorts) == len(headers(ENGLISH)) == len(Column)


def test_month_stands_where_the_week_would() -> None:
    month = window(70, kind="month", minutes=43200)
    (row,) = rows(snapshot(account(windows=(window(50), month))))
    assert row.week is not None
    assert (row.week.name, row.texts[Column.WEEK]) == ("month", "70 % · 14:30")


def test_week_alone_is_no_session() -> None:
    (row,) = rows(snapshot(account(windows=(week(30),))))
    assert (row.session, row.texts[Column.SESSION]) == (None, "")


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        pytest.param("", True, id="nothing typed"),
        pytest.param("WORK", True, id="a name, in any case"),
        pytest.param("example.com", True, id="a part of the address"),
        pytest.param("job late", True, id="a tag and a note, in any order"),
        pytest.param("#1", True, id="its number"),
        pytest.param("work home", False, id="every word must be there"),
    ],
)
def test_search_looks_through_everything_a_person_typed(typed: str, seen: bool) -> None:
    shown = replace(account(), tags=("job",), note="Only late in the evening")
    (row,) = rows(snapshot(shown))
    assert found(row, typed) is seen


def test_limits_are_sorted_as_numbers_and_the_unknown_comes_last() -> None:
    made = rows(
        snapshot(
            account(1, windows=(window(100),)),
            account(2, windows=(window(9),)),
            account(3, windows=(window(None),)),
        )
    )
    ordered = sorted(made, key=lambda row: row.sorts[Column.SESSION])
    assert [row.number for row in ordered] == [2, 1, 3]


def test_locked_logins_are_said_before_anything_is_offered() -> None:
    locked = no_accounts(snapshot(locked=True), speech=ENGLISH)
    fresh = no_accounts(snapshot(), speech=ENGLISH)
    assert locked is not None
    assert fresh is not None
    assert (locked.title, [c.action for c in locked.actions]) == (
        "Your logins are locked",
        [Local.UNLOCK],
    )
    assert (fresh.title, bool(fresh.actions)) == ("No account yet", True)
    assert no_accounts(snapshot(account()), speech=ENGLISH) is None


@pytest.mark.parametrize(
    ("state", "texts"),
    [
        pytest.param("ready", ["Paus&e", "No new c&hats", "Disa&ble"], id="as usual"),
        pytest.param("paused", ["Resum&e", "No new c&hats", "Disa&ble"], id="paused"),
        pytest.param("draining", ["Paus&e", "Give new c&hats", "Disa&ble"], id="draining"),
        pytest.param("disabled", ["Paus&e", "No new c&hats", "Ena&ble"], id="disabled"),
    ],
)
def test_policies_offer_what_would_change_something(state: str, texts: list[str]) -> None:
    made = policy_actions(account(state=state), speech=ENGLISH)
    assert [choice.text for choice in made[:3]] == texts


def test_wait_can_be_ended_only_while_there_is_one() -> None:
    ends = {
        state: policy_actions(account(state=state), speech=ENGLISH)[3].enabled
        for state in ("ready", "waiting", "failing")
    }
    assert ends == {"ready": False, "waiting": True, "failing": True}


def test_every_action_of_an_account_is_a_verb_of_the_table() -> None:
    report = snapshot(account())
    details = account_details(report.accounts[0], report, speech=ENGLISH, now=NOW)
    wishes = [choice.action for choice in (*details.actions, *details.policies)]
    wishes += [
        changed(account(), "rename", "Job"),
        changed(account(), "note", ""),
        reserved(account(), session=0, week=20),
    ]
    for wish in wishes:
        assert isinstance(wish, Perform)
        VERBS[wish.verb].check(wish.arguments)


def test_who_keeps_a_login_fresh_is_said() -> None:
    ours = replace(account(), refresher="turntable")
    report = snapshot(ours)
    said = account_details(ours, report, speech=ENGLISH, now=NOW)
    assert said.refresher == "Turntable renews this login."


# --- activity --------------------------------------------------------------------------------


def test_requests_stand_newest_first_with_their_reasons() -> None:
    shown = request_rows(Answer(answers.log()), speech=ENGLISH, now=NOW)
    assert [row.id for row in shown] == [f"req_{n}" for n in range(6, 0, -1)]
    assert shown[4].texts == (
        "08:20",
        "Personal",
        "moved, then served",
        "0.62 s",
        "84.3 k",
        "gpt-6.1-sol",
        "0199c3f4",
        "The chat lived on Work before. Its usage limit is reached.",
    )
    assert len(shown[0].texts) == len(activity_headers(ENGLISH))


def test_request_whose_tokens_nobody_counted_shows_none() -> None:
    shown = request_rows(Answer(answers.log()), speech=ENGLISH, now=NOW)
    assert [row.texts[4] for row in shown][:3] == ["249 k", "", ""]


def test_request_without_a_sentence_says_the_word_of_its_reason() -> None:
    (row,) = request_rows(Answer({"requests": [answers.request(1)]}), speech=ENGLISH, now=NOW)
    assert row.texts[-1] == "strategy"


def requests(*numbers: int) -> tuple[RequestRow, ...]:
    log = Answer({"requests": [answers.request(n) for n in sorted(numbers)]})
    return request_rows(log, speech=ENGLISH, now=NOW)


@pytest.mark.parametrize(
    ("known", "newest", "shown"),
    [
        pytest.param((), (1, 2), (1, 2), id="nothing was known"),
        pytest.param((1, 2, 3), (2, 3), (1, 2, 3), id="nothing came"),
        pytest.param((1, 2, 3), (3, 4, 5), (1, 2, 3, 4, 5), id="two came"),
        pytest.param((1, 2), (4, 5), None, id="there may be one in between"),
        pytest.param((1, 2), (), (1, 2), id="the record was emptied meanwhile"),
        pytest.param(
            tuple(range(SHOWN)), (SHOWN - 1, SHOWN), tuple(range(1, SHOWN + 1)), id="as many as fit"
        ),
    ],
)
def test_requests_that_came_stand_above_those_that_were_there(
    known: tuple[int, ...], newest: tuple[int, ...], shown: tuple[int, ...] | None
) -> None:
    made = joined(requests(*known), requests(*newest))
    assert made == (None if shown is None else requests(*shown))


@pytest.mark.parametrize(
    ("result", "status", "said", "tone"),
    [
        pytest.param("served", 200, "served", Tone.GOOD, id="served"),
        pytest.param("moved", 200, "moved, then served", Tone.GOOD, id="moved"),
        pytest.param("refused", 429, "refused by Turntable", Tone.WARN, id="refused"),
        pytest.param("cancelled", None, "left by Codex", Tone.MUTED, id="the client left"),
        pytest.param("failed", 502, "failed (502)", Tone.BAD, id="failed with a status"),
        pytest.param("failed", None, "failed", Tone.BAD, id="cut"),
        pytest.param("dreamed", None, "dreamed", Tone.PLAIN, id="a later version's word"),
    ],
)
def test_outcome_is_a_word_or_two(result: str, status: int | None, said: str, tone: Tone) -> None:
    assert outcome(result, status, ENGLISH) == (said, tone)


def test_explanation_has_every_account_s_verdict() -> None:
    told = explanations(Answer(answers.why()), speech=ENGLISH, now=NOW)["req_1"]
    assert told.text == "Work had most to lose before its reset (balanced)."
    assert told.verdicts[2] == ("Client A", False, "Its usage limit is reached.")


def test_simulation_is_told_as_what_would_come() -> None:
    told = explanations(Answer(answers.simulated()), speech=ENGLISH, now=NOW)
    assert told[""].title == "The next new chat"


def test_answer_of_another_shape_is_empty_and_breaks_nothing() -> None:
    odd = Answer({"requests": [7, {"id": 3, "started_at": "yesterday", "status": "x"}]})
    (row,) = request_rows(odd, speech=ENGLISH, now=NOW)
    assert row.texts[:3] == ("", "nobody", "?")


# --- health ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("healths", "said", "tone"),
    [
        pytest.param(("good", "unknown"), "All is well.", Tone.GOOD, id="well"),
        pytest.param(("good", "odd"), "It works; one thing deserves a look.", Tone.WARN, id="odd"),
        pytest.param(
            ("odd", "odd"), "It works; 2 things deserve a look.", Tone.WARN, id="two odd ones"
        ),
        pytest.param(("bad", "odd"), "One thing is wrong.", Tone.BAD, id="one"),
        pytest.param(("bad", "bad"), "2 things are wrong.", Tone.BAD, id="two"),
        pytest.param(("of tomorrow",), "One thing is wrong.", Tone.BAD, id="a word we do not know"),
    ],
)
def test_findings_in_one_sentence(healths: tuple[str, ...], said: str, tone: Tone) -> None:
    made = Answer({"findings": [answers.finding("a", "A", h, "Text.") for h in healths]})
    assert summary(findings(made, speech=ENGLISH), speech=ENGLISH) == (said, tone)


def test_fix_says_what_it_changes_and_is_the_doctor_s_own_verb() -> None:
    row = findings(Answer(answers.unwell()), speech=ENGLISH)[1]
    assert isinstance(row.fix, Choice)
    assert row.fix_text == "openai_base_url in ~/.codex will name this Turntable."
    wish = row.fix.action
    assert wish == Perform(verb="doctor", arguments={"check": "bind", "fix": True})
    VERBS["doctor"].check({"check": "bind", "fix": True})


def test_finding_without_a_fix_offers_none() -> None:
    assert findings(Answer(answers.unwell()), speech=ENGLISH)[2].fix is None


@pytest.mark.parametrize(
    ("state", "verb", "tone"),
    [
        pytest.param("bound", "unbind", Tone.GOOD, id="bound: give back"),
        pytest.param("unbound", "bind", Tone.PLAIN, id="not bound: route"),
        pytest.param("drifted", "unbind", Tone.BAD, id="changed by somebody"),
        pytest.param("broken", "unbind", Tone.BAD, id="cut short"),
    ],
)
def test_bind_in_a_sentence_with_its_toggle(state: str, verb: str, tone: Tone) -> None:
    shown = bind_view(snapshot(bind=state), Answer(answers.bind_diff()), speech=ENGLISH)
    assert (shown.toggle.action, shown.tone) == (Perform(verb=verb), tone)
    assert shown.diff == ('+openai_base_url = "http://127.0.0.1:8791/c/••••/backend-api/codex"',)


# --- settings --------------------------------------------------------------------------------


def shown_settings() -> dict[str, Setting]:
    made = answers.config(
        {
            "proxy.port": (9000, "settings.toml"),
            "routing.strategy": ("sticky", "environment"),
            "log.level": ("debug", "command line"),
            "proxy.origins": (["http://a", "http://b"], "settings.toml"),
        }
    )
    return {setting.key: setting for setting in settings(Answer(made), speech=ENGLISH)}


def test_page_has_every_declared_setting_in_a_named_section() -> None:
    assert set(shown_settings()) == set(declarations())
    named = sections(ENGLISH)
    assert {key.partition(".")[0] for key in declarations()} == set(named)
    shown = dict.fromkeys(key.partition(".")[0] for key in shown_settings())
    assert list(shown) == list(named), "one section after the other"


def test_editor_follows_from_the_declaration() -> None:
    shown = shown_settings()
    assert shown["routing.strategy"].editor is Editor.CHOICE
    assert shown["proxy.port"].editor is Editor.NUMBER
    assert shown["upstream.allow_custom"].editor is Editor.FLAG
    assert shown["upstream.proxy"].editor is Editor.TEXT
    assert shown["proxy.origins"].value == "http://a, http://b"


@pytest.mark.parametrize(
    ("key", "source", "held", "differs"),
    [
        pytest.param("proxy.max_body", "default", "", False, id="the default"),
        pytest.param("proxy.port", "from settings.toml", "", True, id="the file"),
        pytest.param(
            "routing.strategy",
            "from an environment variable",
            "TURNTABLE_ROUTING_STRATEGY holds it; change it there.",
            True,
            id="the environment holds it",
        ),
        pytest.param(
            "log.level",
            "from the command line",
            "The command line holds it for as long as this Turntable runs.",
            True,
            id="the command line holds it",
        ),
    ],
)
def test_source_is_shown_and_what_is_held_is_read_only(
    key: str, source: str, held: str, differs: bool
) -> None:
    shown = shown_settings()[key]
    assert (shown.source, shown.held, shown.changed) == (source, held, differs)


def test_change_and_its_undo_are_the_config_verb() -> None:
    shown = shown_settings()
    port, body = shown["proxy.port"], shown["proxy.max_body"]
    assert undo(port) == change(port, "9000")
    assert undo(body) == reset(body)
    for wish in (change(port, "1"), reset(port)):
        VERBS["config"].check(wish.arguments)


def test_limits_are_numbers_that_people_read() -> None:
    assert shown_settings()["proxy.max_buffered"].limits == "1,024 to 68,719,476,736"
    assert shown_settings()["upstream.connect_timeout_s"].limits == "0.1 to 120"


def test_every_setting_is_called_by_a_name_of_its_own() -> None:
    titles = [setting.title for setting in shown_settings().values()]
    assert len(set(titles)) == len(titles)
    assert not [title for title in titles if "_" in title]


def test_settings_are_named_and_limited_in_the_language_of_the_person() -> None:
    german = settings(Answer(answers.config()), speech=local_speech("de", {}))
    body = next(setting for setting in german if setting.key == "proxy.max_body")
    assert (body.title, body.limits) == ("Größte Anfrage", "1.024 bis 1.073.741.824")


def test_search_finds_by_name_and_by_sentence() -> None:
    port = shown_settings()["proxy.port"]
    assert setting_found(port, "port 127.0.0.1")
    assert not setting_found(port, "strategy")
