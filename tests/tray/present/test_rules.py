"""What the Rules page makes of the engine's answers, and the wish that takes each wish back."""

import pytest

from core.control.commands import VERBS
from core.domain.settings import STRATEGIES
from core.words.speech import english
from tests.tray import answers, rule_answers
from tests.tray.snapshots import account, snapshot
from tray.present import budgets
from tray.present import rules_page as page
from tray.present.answer import Answer
from tray.present.entries import Perform
from tray.present.rules_undo import undo_of

SPEECH = english()
REPORT = snapshot(account(1, "Work"), account(2, "Personal"), account(3, "Client A"))
POOLS, RULES = Answer(rule_answers.pools()), Answer(rule_answers.rules())
PROFILES = Answer(rule_answers.profiles())
BUDGETS = Answer(rule_answers.budgets())
KNOWN = {"pool": POOLS, "rule": RULES, "profile": PROFILES, "budget": BUDGETS}


def test_every_strategy_has_its_definition_and_one_is_in_force() -> None:
    rows = page.strategies(REPORT, speech=SPEECH)
    assert [row.texts[0] for row in rows] == list(STRATEGIES)
    assert [row.texts[0] for row in rows if row.texts[1]] == ["sticky"]
    assert all(row.texts[2] for row in rows)


def test_stay_is_defined_beside_the_strategies() -> None:
    assert "no other is ever used" in page.steering_words(SPEECH)


def test_weights_are_shown_with_their_share() -> None:
    rows = page.weights(REPORT, speech=SPEECH)
    assert rows[0].texts == ("Work", "1", "33 %")


def test_pool_says_who_is_in_it_and_who_names_it() -> None:
    first, second = page.pools(POOLS, speech=SPEECH)
    assert first.texts == ("job", "Work, Client A", "#1, #3, my-tool")
    assert second.texts == ("own", "Personal", "folders without a rule")


def test_rules_stand_in_the_order_in_which_they_count() -> None:
    assert [row.texts[0] for row in page.rules(RULES)] == ["#1", "#3", "#2"]
    assert page.rule_words(RULES, speech=SPEECH).endswith("Folders that no rule covers: pool own.")


def test_damaged_rules_are_not_shown_as_none() -> None:
    said = page.rule_words(Answer({"unreadable": True}), speech=SPEECH)
    assert said.startswith("The stored rules are damaged")


def test_profile_of_ones_own_says_what_it_sets() -> None:
    rows = page.profiles(PROFILES, speech=SPEECH)
    assert rows[2].texts == ("night", "", "strategy drain-first, soft_threshold_week 0")
    assert rows[0].texts[1] == "in use"


def rule(**given: str) -> Perform:
    empty = dict.fromkeys(("folder", "model", "client", "pool", "account", "allow"), "")
    return page.add_rule(**{**empty, **given})


@pytest.mark.parametrize(
    ("wish", "arguments"),
    [
        pytest.param(
            rule(folder="/w", pool="job"),
            {"action": "add", "folder": "/w", "pool": "job"},
            id="a folder goes to a pool",
        ),
        pytest.param(
            rule(model="m*", allow="a, b ,"),
            {"action": "add", "model": "m*", "allow": ["a", "b"]},
            id="models are told apart by commas",
        ),
        pytest.param(
            rule(client="c", account="acc_1"),
            {"action": "add", "client": "c", "account": ["acc_1"]},
            id="a client has one account",
        ),
        pytest.param(
            rule(folder="/w"), {"action": "add", "folder": "/w", "any": True}, id="anyone may"
        ),
    ],
)
def test_what_is_filled_in_is_the_rule(wish: Perform, arguments: dict[str, object]) -> None:
    assert wish.arguments == arguments
    VERBS["rule"].check(wish.arguments)


def test_todays_settings_are_kept_but_for_the_profile_in_use() -> None:
    wish = page.keep_profile("night", Answer(answers.config()))
    VERBS["profile"].check(wish.arguments)
    values = wish.arguments["values"]
    assert isinstance(values, list)
    assert "routing.strategy=balanced" in values
    assert not [value for value in values if str(value).startswith("routing.profile")]


MADE = Answer(
    {
        "rules": [rule_answers.rule(9, "", "")],
        "budgets": [rule_answers.budget(1, "", ""), rule_answers.budget(7, "", "")],
    }
)
CHANGED = Answer({"budgets": [rule_answers.budget(1, "", "", limit=5.0)]})


def budget(**given: str) -> Perform:
    usual = {"about": "", "typed": "", "measure": "tokens", "amount": "5", "period": "day"}
    made = budgets.set_budget(**{**usual, **given})
    assert made is not None
    return made


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"about": "client:", "typed": ""}, id="nobody is named"),
        pytest.param({"about": "account:acc_1", "amount": ""}, id="nobody says how much"),
        pytest.param({"about": ""}, id="nothing is chosen"),
    ],
)
def test_budget_with_something_missing_is_no_wish(given: dict[str, str]) -> None:
    usual = {"about": "", "typed": "", "measure": "tokens", "amount": "5", "period": "day"}
    assert budgets.set_budget(**{**usual, **given}) is None


def test_budget_is_about_an_account_a_pool_a_client_or_a_project() -> None:
    offered = [name for _, name in budgets.subjects(REPORT, POOLS, speech=SPEECH)]
    assert offered == [
        "Work", "Personal", "Client A", "pool job", "pool own", "a client, by its name",
        "a project, by its folder",
    ]  # fmt: skip


def test_budget_that_is_used_up_says_so() -> None:
    rows = budgets.budgets(BUDGETS, speech=SPEECH)
    assert [row.texts[2] for row in rows] == ["", "used up"]


@pytest.mark.parametrize(
    ("wish", "back"),
    [
        pytest.param(page.make_pool("new", []), page.remove_pool("new"), id="a pool is made"),
        pytest.param(
            page.remove_pool("job"),
            page.make_pool("job", ["acc_1", "acc_3"]),
            id="a pool is removed: it comes back with its accounts",
        ),
        pytest.param(
            page.change_pool("add", "own", "acc_1"),
            page.change_pool("take", "own", "acc_1"),
            id="an account is put in",
        ),
        pytest.param(
            page.change_pool("add", "own", "acc_2"), None, id="an account that was in already"
        ),
        pytest.param(
            page.change_pool("take", "own", "acc_2"),
            page.change_pool("add", "own", "acc_2"),
            id="an account is taken out",
        ),
        pytest.param(rule(folder="/x"), page.remove_rule("9"), id="a rule is added"),
        pytest.param(
            page.remove_rule("3"),
            rule(model="gpt-6.1-luna*", pool="job", allow="gpt-6.1-luna-mini"),
            id="a rule is removed: the same one comes back",
        ),
        pytest.param(
            page.remove_rule("2"),
            rule(client="codex_exec", account="acc_2"),
            id="a rule with an account",
        ),
        pytest.param(page.elsewhere("refuse"), page.elsewhere("own"), id="folders without a rule"),
        pytest.param(page.use_strategy("random"), page.use_strategy("sticky"), id="the strategy"),
        pytest.param(page.set_weight("acc_1", 5), page.set_weight("acc_1", 1), id="a weight"),
        pytest.param(page.use_profile("night"), page.use_profile("balanced"), id="a profile"),
        pytest.param(page.use_profile(""), page.use_profile("balanced"), id="no profile"),
        pytest.param(
            budgets.remove_budget("2"),
            budget(about="pool:job", measure="cost", amount="40", period="week"),
            id="a budget is removed",
        ),
        pytest.param(
            budget(about="account:acc_1", amount="5"),
            budget(about="account:acc_1", amount="20000000"),
            id="a budget is changed",
        ),
        pytest.param(
            budget(about="project:", typed="/w"), budgets.remove_budget("7"), id="a new budget"
        ),
        pytest.param(page.remove_profile("night"), None, id="what cannot be made again"),
    ],
)
def test_each_wish_is_taken_back(wish: Perform, back: Perform | None) -> None:
    VERBS[wish.verb].check(wish.arguments)
    if back is not None:
        VERBS[back.verb].check(back.arguments)
    found = undo_of(wish, KNOWN, CHANGED if "acc_1" in wish.arguments.values() else MADE, REPORT)
    told = None if found is None else (found.verb, dict(found.arguments))
    assert told == (None if back is None else (back.verb, dict(back.arguments)))
