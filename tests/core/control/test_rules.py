"""pool, rule and client --pool: as they are typed, and as they are answered."""

import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.app import App
from core.cli.arguments import parse
from core.cli.reader import Reader
from core.cli.render import render
from core.control.codec import to_json
from core.control.facade import JsonValue
from core.control.rule_verbs import RULE_VERBS
from core.control.verb import Access, Arguments, Verb
from core.control.verbs.clients import client
from core.control.verbs.pools import Pools, pool
from core.control.verbs.rules import RuleBook, rule
from core.domain.errors import CoreError
from core.domain.state import put_account
from core.words.speech import english
from tests.core.control.apps import make_app
from tests.core.routing.pool import account
from tests.fakes.clock import FakeClock


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    """Three accounts: A, B and C."""
    app = make_app(tmp_path, clock)
    await app.hold("test")
    for number, name in enumerate("ABC", start=1):
        await app.folder.store.change(put_account(account(name, number)))
    yield app
    await app.close()


def given(**values: JsonValue) -> Arguments:
    return Arguments(values)


async def made(app: App, name: str, *accounts: str) -> Pools:
    return await pool(app, given(action="create", pool=name, accounts=list(accounts)))


def as_text(app: App, verb: str, answer: object) -> str:
    document = to_json(answer)
    assert isinstance(document, dict)
    return render(verb, document, Reader(speech=english(), now=app.clock.now()))


async def test_a_pool_is_made_filled_emptied_and_removed(app: App) -> None:
    answer = await made(app, "Work", "#1", "B")
    assert answer.messages == ("The pool “Work” is made: A, B.",)
    (work,) = answer.pools
    assert [one.label for one in work.accounts] == ["A", "B"]
    answer = await pool(app, given(action="add", pool="work", accounts=["C", "A"]))
    assert answer.messages == ("“Work” holds: A, B, C.",)
    answer = await pool(app, given(action="take", pool="WORK", accounts=["1", "2", "3"]))
    assert answer.messages == ("“Work” holds: nobody.",)
    answer = await pool(app, given(action="remove", pool="Work"))
    assert (answer.pools, answer.messages) == ((), ("The pool “Work” is removed.",))


async def test_who_names_a_pool_is_said_in_the_list_and_when_it_shall_go(
    app: App, tmp_path: Path
) -> None:
    await made(app, "Work", "A")
    await rule(app, given(action="add", folder=str(tmp_path), pool="Work"))
    await rule(app, given(action="unknown", value="work"))
    await client(app, given(action="create", label="my-tool", pool="Work"))
    (work,) = (await pool(app, given())).pools
    assert (work.rules, work.unknown, work.clients) == ((1,), True, ("my-tool",))
    listed = as_text(app, "pool", await pool(app, given(action="list")))
    assert listed == "Work  #1 A  rule 1, other folders, client my-tool"
    with pytest.raises(CoreError, match="is named by rule 1, the entry for unknown folders"):
        await pool(app, given(action="remove", pool="Work"))
    answer = await pool(app, given(action="remove", pool="Work", force=True))
    assert answer.messages == ("The pool “Work” is removed, and with it these rules: 1.",)
    (tool,) = (await client(app, given())).clients
    assert tool.pool is not None
    assert tool.pool.name == "", "it is served by nobody until it gets another pool"


async def test_an_account_that_has_gone_is_not_listed_but_is_back_when_it_is(app: App) -> None:
    await made(app, "Work", "A", "B")
    known = app.state.accounts
    await app.folder.store.change(
        lambda s: (replace(s, accounts={k: a for k, a in s.accounts.items() if a.number != 1}), ())
    )
    (work,) = (await pool(app, given())).pools
    assert [one.label for one in work.accounts] == ["B"]
    await app.folder.store.change(lambda s: (replace(s, accounts=known), ()))
    (work,) = (await pool(app, given())).pools
    assert [one.label for one in work.accounts] == ["A", "B"]


def git(*words: str, at: Path) -> None:
    who = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.com")
    subprocess.run(["git", *who, *words], cwd=at, check=True, capture_output=True)


async def test_a_pool_of_nobody_and_a_folder_that_is_not_there_are_said(
    app: App, tmp_path: Path
) -> None:
    answer = await made(app, "Work")
    assert answer.messages == (
        "The pool “Work” is made; `turntable pool add` puts accounts into it.",
    )
    missing = tmp_path.resolve() / "missing"
    told = await rule(app, given(action="add", folder=str(missing), pool="Work"))
    assert told.messages[1] == f"There is no folder {missing} yet."


async def test_a_folder_inside_git_stands_for_its_repository(app: App, tmp_path: Path) -> None:
    repository = tmp_path.resolve() / "repository"
    (repository / "deep").mkdir(parents=True)
    git("init", "-q", at=repository)
    git("commit", "-q", "--allow-empty", "-m", "first", at=repository)
    git("worktree", "add", "-q", "../linked", at=repository)
    await made(app, "Work", "A")
    answer = await rule(app, given(action="add", folder=str(repository / "deep"), pool="Work"))
    assert answer.messages == (
        f"Rule 1: folder {repository} → pool Work.",
        f"{repository}/deep belongs to the project {repository}.",
        "Other folders from now on: refused. `turntable rule unknown` changes that.",
    )
    with pytest.raises(CoreError, match="Rule 1 names exactly this already"):
        await rule(app, given(action="add", folder=f"{tmp_path}/linked", any=True))


async def listed(app: App) -> RuleBook:
    return await rule(app, given(action="list"))


async def test_rules_are_listed_in_the_order_in_which_they_count(app: App) -> None:
    await made(app, "Work", "A", "B")
    for values in (
        {"client": "my-tool", "account": ["C"]},
        {"model": "gpt-*", "any": True},
        {"folder": "/w", "pool": "work", "account": ["B", "C"], "allow": ["gpt-*", "o3"]},
        {"folder": "/w/deep", "model": "o3", "pool": "work"},
        {"folder": "/w/deep", "any": True},
    ):
        await rule(app, given(action="add", **values))
    book = await listed(app)
    assert [one.number for one in book.rules] == [4, 5, 3, 2, 1]
    assert as_text(app, "rule", book).splitlines() == [
        "#4  folder /w/deep, model o3  →  pool Work",
        "#5  folder /w/deep            →  any account",
        "#3  folder /w                 →  pool Work, accounts B, C, models gpt-*, o3",
        "#2  model gpt-*               →  any account",
        "#1  client my-tool            →  accounts C",
        "–   other folders             →  refused",
        "Where several rules fit, the one with the deepest folder counts, then the most exact "
        "model, then the client, then the older rule.",
    ]


async def test_what_counts_elsewhere_is_said_and_changed(app: App) -> None:
    await made(app, "Home", "C")
    assert not (await listed(app)).unknown.in_force
    await rule(app, given(action="add", folder="/w", any=True))
    for typed, counts in (("any", "any account"), ("home", "pool Home"), ("refuse", "refused")):
        answer = await rule(app, given(action="unknown", value=typed))
        assert answer.messages == (f"Other folders from now on: {counts}.",)
        assert (await rule(app, given(action="unknown"))).unknown.counts == counts


async def test_rules_are_removed_by_number_or_all_at_once(app: App) -> None:
    for folder in ("/a", "/b"):
        await rule(app, given(action="add", folder=folder, any=True))
    assert (await rule(app, given(action="remove", value="#1"))).messages == ("Rule 1 is removed.",)
    assert [one.number for one in (await listed(app)).rules] == [2]
    assert (await rule(app, given(action="clear"))).rules == ()
    assert as_text(app, "rule", await listed(app)) == "No rule yet: any account may serve."


async def test_rules_that_cannot_be_read_are_said_to_be(app: App) -> None:
    rules = replace(app.state.rules, unreadable=True)
    await app.folder.store.change(lambda s: (replace(s, rules=rules), ()))
    assert "cannot be read, and nothing is served" in as_text(app, "rule", await listed(app))
    await rule(app, given(action="clear"))
    assert not (await listed(app)).unreadable


@pytest.mark.parametrize(
    ("values", "code"),
    [
        pytest.param({"action": "add", "folder": "/w"}, "usage", id="it says who may do nothing"),
        pytest.param({"action": "add", "any": True}, "bad_rule", id="it names nothing"),
        pytest.param(
            {"action": "add", "folder": "/w", "pool": "play"}, "no_pool_named", id="an unknown pool"
        ),
        pytest.param(
            {"action": "add", "folder": "/w", "account": ["Z"]}, "no_account_named", id="nobody"
        ),
        pytest.param(
            {"action": "add", "folder": "over/there", "any": True}, "bad_folder", id="half a path"
        ),
        pytest.param({"action": "remove"}, "no_such_rule", id="no number"),
        pytest.param({"action": "remove", "value": "7"}, "no_such_rule", id="another number"),
        pytest.param(
            {"action": "unknown", "value": "x"}, "no_pool_named", id="no word and no pool"
        ),
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused(
    app: App, values: dict[str, JsonValue], code: str
) -> None:
    with pytest.raises(CoreError) as caught:
        await rule(app, Arguments(values))
    assert caught.value.code == code
    assert app.state.rules.rules == ()


@pytest.mark.parametrize(
    ("values", "code"),
    [
        pytest.param({"action": "create"}, "usage", id="no name"),
        pytest.param({"action": "create", "pool": "any"}, "bad_pool", id="a word of ours"),
        pytest.param({"action": "create", "pool": "x", "accounts": ["Z"]}, "no_account_named",
                     id="nobody of that name"),
        pytest.param({"action": "add", "pool": "x", "accounts": ["A"]}, "no_pool_named", id="none"),
        pytest.param({"action": "add", "pool": "Work"}, "usage", id="no account to add"),
        pytest.param({"action": "take", "pool": "Work"}, "usage", id="no account to take"),
        pytest.param({"action": "create", "pool": "work"}, "pool_taken", id="a name that is taken"),
    ],
)  # fmt: skip
async def test_a_pool_that_makes_no_sense_is_refused(
    app: App, values: dict[str, JsonValue], code: str
) -> None:
    await made(app, "Work")
    with pytest.raises(CoreError) as caught:
        await pool(app, Arguments(values))
    assert caught.value.code == code


async def test_a_client_gets_a_pool_another_and_none(app: App) -> None:
    await made(app, "Work", "A")
    created = await client(app, given(action="create", label="my-tool", pool="Work"))
    assert created.clients[0].pool is not None
    assert (await client(app, given())).messages[0].endswith("), pool Work")
    answer = await client(app, given(action="set", client="my-tool", pool="none"))
    assert answer.messages == ("Any account may serve “my-tool”.",)
    assert (await client(app, given())).clients[0].pool is None
    answer = await client(app, given(action="set", client="my-tool", pool="Work"))
    assert answer.messages == ("Only the pool Work serves “my-tool”.",)
    rotated = await client(app, given(action="rotate", client="my-tool"))
    assert rotated.clients[0].pool is not None, "a new token changes nothing but the token"
    for values in ({"action": "set", "client": "my-tool"}, {"action": "set", "pool": "Work"}):
        with pytest.raises(CoreError):
            await client(app, Arguments(dict(values)))


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        pytest.param(
            ("pool", "create", "Work", "#1", "B"),
            {"action": "create", "pool": "Work", "accounts": ["#1", "B"], "force": False},
            id="every further word is an account",
        ),
        pytest.param(
            ("rule", "add", "--folder", "/w", "--account", "A", "--account", "B", "--allow", "o*"),
            {"folder": "/w", "account": ["A", "B"], "allow": ["o*"], "pool": None},
            id="what may be said again is kept in its order",
        ),
        pytest.param(("rule",), {"action": None, "account": None}, id="a list without a word"),
    ],
)
def test_how_they_are_typed(words: tuple[str, ...], typed: dict[str, object]) -> None:
    found = parse(words)
    assert {name: found[name] for name in typed} == typed


@pytest.mark.parametrize("verb", RULE_VERBS[:2], ids=lambda verb: verb.name)
def test_looking_needs_no_lock_and_changing_does(verb: Verb) -> None:
    assert verb.needs(given()) is Access.READ
    assert verb.needs(given(action="list")) is Access.READ
    assert verb.needs(given(action="add")) is Access.WRITE
