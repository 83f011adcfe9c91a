"""Answers in words: what is unknown is said to be unknown."""

from dataclasses import replace
from typing import Any

import pytest

from core.cli.reader import Reader
from core.cli.render import render
from core.control.codec import to_json
from core.domain.account import AccountId
from core.domain.report import StatusReport, WorkspaceReport
from core.words.speech import english
from tests.core.control.engines import LATER, NOW, account, snapshot, window

READER = Reader(speech=english(), now=NOW)
ONE = AccountId("acc_1")


def lines(report: StatusReport) -> list[str]:
    written: Any = to_json(report)
    return render("status", written, READER).splitlines()


def test_the_whole_at_a_glance() -> None:
    assert lines(snapshot()) == [
        "Turntable 0.1.0: running as serve on 127.0.0.1:8791",
        "Codex:    routed through Turntable (a home)",
        "Rotation: automatic, sticky; next: Work 1",
        "Vault:    passphrase",
        "Accounts: Enough: Work 1 has 62 % left.",
        "  #1 Work 1  plus  ready                5 h 62 % left, resets 11:00 · week unknown",
        "  #2 Work 2  plus  waiting until 11:00  5 h 62 % left, resets 11:00 · week unknown",
        "! A key was passed over.",
    ]


def test_without_an_owner_it_says_so() -> None:
    assert lines(replace(snapshot(), running=False))[0] == "Turntable 0.1.0: not running"


def test_a_locked_vault_is_said_beside_it() -> None:
    report = snapshot()

    assert "Vault:    passphrase (locked)" in lines(
        replace(report, vault=replace(report.vault, locked=True))
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param(
            {"mode": "stay", "account": ONE},
            "stays on Work 1: no other account is used",
            id="stay",
        ),
        pytest.param(
            {"mode": "stay", "account": ONE, "until": LATER},
            "stays on Work 1 until 11:00: no other account is used",
            id="stay for a time",
        ),
        pytest.param(
            {"mode": "use", "account": ONE},
            "prefers Work 1; others serve when it cannot",
            id="use",
        ),
        pytest.param({"mode": "paused"}, "paused: no account changes", id="paused"),
        pytest.param(
            {"mode": "paused", "until": LATER},
            "paused until 11:00: no account changes",
            id="paused for a time",
        ),
        pytest.param({"next": None}, "automatic, sticky", id="nobody comes next"),
    ],
)
def test_how_it_is_steered(changes: dict[str, Any], said: str) -> None:
    report = snapshot()

    assert f"Rotation: {said}" in lines(
        replace(report, rotation=replace(report.rotation, **changes))
    )


@pytest.mark.parametrize("state", ["bound", "unbound", "drifted", "broken"])
def test_each_state_of_a_bind_has_its_words(state: str) -> None:
    report = snapshot()
    said = lines(replace(report, bind=replace(report.bind, state=state)))[1]

    assert said.startswith("Codex:    ")
    assert said.endswith("(a home)")
    assert state not in said.split()


def test_an_account_of_which_nothing_is_known() -> None:
    unknown = replace(account(1), windows=())

    assert lines(snapshot(unknown))[5].endswith("ready  limits not known yet")


def test_a_limit_of_one_model_is_left_to_other_screens() -> None:
    one = replace(window(300, 0.0), scope="one model")

    assert "0 %" not in lines(snapshot(replace(account(1), windows=(one, window(300, 62.0)))))[5]


def test_a_long_label_does_not_push_the_rest_off_the_screen() -> None:
    assert "#1 " + "x" * 31 + "…  plus" in lines(snapshot(account(1, label="x" * 99)))[5]


def test_a_list_without_accounts_says_how_to_get_one() -> None:
    assert "turntable import" in render("accounts", {"accounts": []}, READER)


def test_a_verb_that_answers_with_sentences() -> None:
    assert render("use", {"messages": ["One.", "Two."]}, READER) == "One.\nTwo."
    assert render("use", {}, READER) == ""


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param(True, "true", id="a flag"),
        pytest.param(8791, "8791", id="a number"),
        pytest.param("x", '"x"', id="a text"),
        pytest.param(["a", "b"], '["a", "b"]', id="a list"),
        pytest.param([], "[]", id="an empty list"),
    ],
)
def test_a_setting_is_written_as_in_its_file(value: Any, written: str) -> None:
    answer: Any = {"action": "get", "settings": [{"key": "a.b", "value": value}], "messages": []}

    assert render("config", answer, READER) == f"a.b = {written}"


def row(**changes: Any) -> dict[str, Any]:
    return {
        "id": "req_1",
        "started_at": "2026-03-02T08:30:00Z",
        "kind": "responses",
        "model": "gpt-x",
        "account_label": "Work",
        "because": "owner",
        "strategy": "",
        "result": "served",
        "status": 200,
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({}, "08:30 served 200 Work gpt-x its chat is there req_1", id="served"),
        pytest.param(
            {"account_label": None, "status": None, "result": "cancelled"},
            "08:30 cancelled – – gpt-x its chat is there req_1",
            id="nobody answered",
        ),
        pytest.param(
            {"because": "strategy", "strategy": "balanced"},
            "08:30 served 200 Work gpt-x balanced req_1",
            id="the strategy is named",
        ),
        pytest.param(
            {"model": ""}, "08:30 served 200 Work responses its chat is there req_1", id="no model"
        ),
        pytest.param(
            {"started_at": "2026-02-27T08:30:00Z"},
            "27 Feb 08:30 served 200 Work gpt-x its chat is there req_1",
            id="another day is named",
        ),
    ],
)
def test_a_request_is_a_line(changes: dict[str, Any], words: str) -> None:
    answer: Any = {"requests": [row(**changes)]}

    assert render("log", answer, READER).split() == words.split()


def test_no_request_is_said() -> None:
    assert render("log", {"requests": []}, READER) == "No request yet."


def test_how_accounts_are_chosen() -> None:
    steering = {"mode": "use", "account": "acc_1", "next": None, "until": None}
    answer: Any = {
        "rotation": {**steering, "strategy": "balanced"},
        "label": "Work",
        "next_label": "",
        "strategies": ["balanced", "sticky"],
        "messages": [],
    }

    assert render("rotation", answer, READER).splitlines() == [
        "rotation  prefers Work; others serve when it cannot",
        "strategy  balanced",
        "others    sticky",
    ]


def test_an_account_with_all_that_is_known_of_it() -> None:
    shown: Any = to_json(replace(account(2), workspace=WorkspaceReport(id="ws_1", name="Personal")))
    text = render("account", {"account": shown, "messages": []}, READER)

    assert "workspace  Personal · ws_1" in text.splitlines()


def test_a_setting_explained() -> None:
    setting = {
        "key": "a.b", "value": 1, "default": 2, "source": "default",
        "limits": "1 to 9", "help": "It.",
    }  # fmt: skip
    answer: Any = {"action": "explain", "settings": [setting], "messages": []}

    assert render("config", answer, READER).splitlines() == [
        "a.b = 1",
        "    It.",
        "    from default; default 2; may be 1 to 9",
    ]


def finding(check: str, health: str, *, hint: str = "", fix: str = "") -> dict[str, Any]:
    return {
        "check": check,
        "title": check.title(),
        "health": health,
        "text": f"It is {health}.",
        "hint": hint,
        "fix": fix,
    }


def diagnosis(*findings: dict[str, Any], fixed: tuple[str, ...] = (), dry_run: bool = False) -> Any:
    return {"findings": list(findings), "fixed": list(fixed), "dry_run": dry_run}


WRONG = finding("bind", "bad", hint="Bind again.", fix="The key is set again.")


def test_what_is_wrong_is_said_first_with_its_next_step() -> None:
    result = diagnosis(finding("port", "good"), finding("egress", "odd"), WRONG)
    assert render("doctor", result, READER).splitlines() == [
        "✗ bind    Bind: It is bad.",
        "          → Bind again.",
        "          --fix: The key is set again.",
        "! egress  Egress: It is odd.",
        "✓ port    Port: It is good.",
        "",
        "3 checks: 1 good, 1 odd, 1 bad, 0 could not be looked at.",
        "`turntable doctor --fix` mends: bind.",
    ]


@pytest.mark.parametrize(
    ("dry_run", "said"),
    [
        pytest.param(True, "`--fix` would mend: bind.", id="only said"),
        pytest.param(False, "Mended: bind.", id="done"),
    ],
)
def test_what_was_mended_is_said_last(dry_run: bool, said: str) -> None:
    result = diagnosis(WRONG, fixed=("bind",), dry_run=dry_run)
    assert render("doctor", result, READER).splitlines()[-1] == said
