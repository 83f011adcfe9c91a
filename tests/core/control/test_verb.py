"""What a verb takes and what it needs, and that the table keeps its word."""

from importlib import import_module
from inspect import iscoroutinefunction

import pytest

from core.control.commands import VERBS
from core.control.facade import JsonValue
from core.control.verb import Access, Arguments, Kind, Parameter, Verb
from core.domain.errors import CoreError, ExitCode

VERB = Verb(
    name="try",
    summary="Try it.",
    function="engine:status",
    access=Access.READ,
    parameters=(
        Parameter(name="account", help="Who.", positional=True, required=True),
        Parameter(name="mode", help="How.", choices=("fast", "slow")),
        Parameter(name="dry_run", help="Only say.", kind=Kind.FLAG),
        Parameter(name="last", help="How many.", kind=Kind.NUMBER, least=1, most=9),
        Parameter(name="words", help="The rest.", kind=Kind.REST),
    ),
)


def test_arguments_are_read_by_name_and_type() -> None:
    given = VERB.check(
        {"account": "#1", "mode": "fast", "dry_run": True, "last": 3, "words": ["a", "b"]}
    )

    assert given.required("account") == given.text("account") == "#1"
    assert given.text("mode") == "fast"
    assert given.flag("dry_run") is True
    assert given.number("last") == 3
    assert given.rest("words") == ("a", "b")


def test_what_was_not_given_is_absent() -> None:
    given = VERB.check({"account": "#1", "mode": None})

    assert given.text("mode") is None
    assert given.flag("dry_run") is False
    assert given.number("last") is None
    assert given.rest("words") == ()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        pytest.param({}, "try needs ACCOUNT", id="a required one is missing"),
        pytest.param({"account": None}, "try needs ACCOUNT", id="or is null"),
        pytest.param({"account": 5}, "account is not a text", id="a number for a text"),
        pytest.param({"account": "a", "dry_run": "yes"}, "dry_run is not a flag", id="no flag"),
        pytest.param({"account": "a", "last": "3"}, "last is not a number", id="no number"),
        pytest.param({"account": "a", "last": True}, "last is not a number", id="true is none"),
        pytest.param({"account": "a", "last": 0}, "last is a number from 1 to 9", id="too small"),
        pytest.param({"account": "a", "last": 10}, "last is a number from 1 to 9", id="too large"),
        pytest.param({"account": "a", "words": "b"}, "words is not a rest", id="no list"),
        pytest.param({"account": "a", "mode": "x"}, "mode is one of fast, slow", id="no choice"),
        pytest.param({"account": "a", "weather": 1}, "try has no argument weather", id="unknown"),
    ],
)
def test_what_does_not_fit_is_named(values: dict[str, JsonValue], told: str) -> None:
    with pytest.raises(CoreError, match=told) as error:
        VERB.check(values)

    assert error.value.exit_code is ExitCode.USAGE
    assert error.value.hint == "`turntable try --help` says more."


def test_asking_for_what_was_not_checked_is_told_too() -> None:
    with pytest.raises(CoreError, match="account is missing"):
        Arguments({}).required("account")


# --- the table -------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS.keys())
def test_each_verb_says_what_it_does_and_finds_its_function(verb: Verb) -> None:
    module, _, name = verb.function.partition(":")

    assert verb.summary.endswith(".")
    assert all(parameter.help.endswith(".") for parameter in verb.parameters)
    assert verb.perform() is getattr(import_module(f"core.control.verbs.{module}"), name)
    assert iscoroutinefunction(verb.perform())


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS.keys())
def test_each_verbs_parameters_have_names_of_their_own(verb: Verb) -> None:
    names = [parameter.name for parameter in verb.parameters]

    assert len(set(names)) == len(names)


def test_each_action_of_a_verb_is_named_in_its_help() -> None:
    unexplained = {
        f"{verb.name} {choice}"
        for verb in VERBS.values()
        for parameter in verb.parameters
        if parameter.name == "action"
        for choice in parameter.choices
        if choice not in parameter.help
    }
    assert unexplained == set()


def test_the_verbs_of_the_first_storey_are_there() -> None:
    assert {
        "import",
        "accounts",
        "status",
        "use",
        "stay",
        "auto",
        "bind",
        "unbind",
        "stop",
        "config",
        "log",
    } <= VERBS.keys()


@pytest.mark.parametrize(
    ("verb", "values", "access"),
    [
        pytest.param("bind", {}, Access.OWNER, id="a bind needs a proxy"),
        pytest.param("bind", {"action": "status"}, Access.FILES, id="a look at it does not"),
        pytest.param("bind", {"action": "diff"}, Access.FILES, id="nor the diff"),
        pytest.param("bind", {"dry_run": True}, Access.FILES, id="nor a dry run"),
        pytest.param("unbind", {}, Access.FILES, id="an unbind works in any state"),
        pytest.param("status", {}, Access.READ, id="reading takes no lock"),
        pytest.param("use", {"account": "a"}, Access.WRITE, id="choosing writes"),
        pytest.param("stop", {}, Access.OWNER, id="only an owner can be stopped"),
    ],
)
def test_what_a_call_needs_without_an_owner(
    verb: str, values: dict[str, JsonValue], access: Access
) -> None:
    assert VERBS[verb].needs(VERBS[verb].check(values)) is access
