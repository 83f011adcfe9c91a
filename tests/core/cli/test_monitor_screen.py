"""The live screen without a terminal: keys, what they do, and lines that fit."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cli.monitor_keys import Key, Keys, keys_in
from core.cli.monitor_lines import fit, lines, padded
from core.cli.monitor_screen import Leave, Perform, Screen, Wish, press, shown, told, under_the_bar
from core.cli.reader import Reader, columns
from core.domain.account import AccountId
from core.words.speech import english
from tests.core.cli.test_render import row
from tests.core.control.engines import NOW, account, snapshot

READER = Reader(speech=english(), now=NOW)
WORK = account(1, label="Work")
SIDE = account(2, label="Side", state="paused")
OFF = account(3, label="Old laptop", state="disabled")
REPORT = snapshot(WORK, SIDE, OFF)


def pressed(*keys: str, screen: Screen | None = None) -> tuple[Screen, Wish]:
    """After these keys: the screen, and what the last one wished for."""
    seen, wish = screen or Screen(), None
    for key in keys:
        seen, wish = press(seen, key, REPORT)
    return seen, wish


def on_bar(*keys: str) -> str:
    found = under_the_bar(pressed(*keys)[0], REPORT)
    return "" if found is None else found.label


# --- keys --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        pytest.param("\x1b[A\x1b[B", (Key.UP, Key.DOWN), id="arrows"),
        pytest.param("\x1bOA", (Key.UP,), id="arrows of an application's keypad"),
        pytest.param("s", ("s",), id="a letter"),
        pytest.param("ä字", ("ä", "字"), id="letters of other alphabets"),
        pytest.param("\x1b", (Key.ESCAPE,), id="Esc alone"),
        pytest.param("\x1b\x1b[A", (Key.ESCAPE, Key.UP), id="Esc and an arrow in one read"),
        pytest.param("\x1b[15~\x1b[1;5Cq", ("q",), id="keys that mean nothing here"),
        pytest.param("\x1b[200~x", ("x",), id="a paste"),
        pytest.param("\x03", (Key.QUIT,), id="Ctrl-C"),
        pytest.param("\r\x7f", (Key.ENTER, Key.BACKSPACE), id="Enter and Backspace"),
        pytest.param("\x00\x01", (), id="what is no key"),
        pytest.param("\xe0H", (Key.UP,), id="an arrow of Windows"),
        pytest.param("\x1b[", (), id="a sequence that is cut off"),
    ],
)
def test_what_a_terminal_sends(text: str, keys: tuple[str, ...]) -> None:
    assert keys_in(text) == keys


def test_a_letter_that_came_in_two_reads_is_one() -> None:
    keys = Keys()
    first, second = keys.read("字".encode()[:1]), keys.read("字".encode()[1:])
    assert (first, second) == ((), ("字",))


@given(st.binary(max_size=40))
def test_no_bytes_break_it(data: bytes) -> None:
    for key in Keys().read(data):
        assert key


# --- what they do ------------------------------------------------------------------------------


def test_the_bar_moves_and_stays_within_the_list() -> None:
    assert on_bar() == "Work"
    assert on_bar(Key.DOWN) == "Side"
    assert on_bar(*[Key.DOWN] * 9) == "Old laptop"
    assert on_bar(Key.DOWN, *[Key.UP] * 9) == "Work"
    assert on_bar("3") == "Old laptop"
    assert on_bar("9") == "Work"


@pytest.mark.parametrize(
    ("keys", "verb", "arguments"),
    [
        pytest.param(("s",), "use", {"account": "acc_1"}, id="S uses it"),
        pytest.param(("E",), "account", {"action": "pause", "account": "acc_1"}, id="E pauses"),
        pytest.param(
            ("2", "e"), "account", {"action": "resume", "account": "acc_2"}, id="E ends a pause"
        ),
        pytest.param(
            ("3", "e"), "account", {"action": "enable", "account": "acc_3"}, id="E enables"
        ),
        pytest.param(
            ("d", "y"), "account", {"action": "remove", "account": "acc_1"}, id="D removes, asked"
        ),
    ],
)
def test_a_letter_performs_a_verb(
    keys: tuple[str, ...], verb: str, arguments: dict[str, str]
) -> None:
    _, wish = pressed(*keys)
    assert wish == Perform(verb=verb, arguments=arguments)


@pytest.mark.parametrize("key", ["n", Key.ENTER, Key.ESCAPE, "d", "s"])
def test_nothing_is_removed_by_another_key_than_y(key: str) -> None:
    screen, wish = pressed("d", key)
    assert (wish, screen.removing) == (None, None)


def test_what_is_removed_is_what_was_asked_about_though_the_list_has_changed() -> None:
    screen, _ = pressed("2", "d")
    _, wish = press(screen, "y", snapshot(WORK))
    assert wish == Perform(verb="account", arguments={"action": "remove", "account": "acc_2"})


@pytest.mark.parametrize("keys", [("q",), ("Q",), (Key.QUIT,), ("/", Key.QUIT), ("d", Key.QUIT)])
def test_leaving(keys: tuple[str, ...]) -> None:
    assert pressed(*keys)[1] == Leave()


def test_a_search_takes_letters_for_letters() -> None:
    screen, wish = pressed("/", "s", "i", "q")
    assert (screen.search, screen.typing, wish) == ("siq", True, None)
    screen, _ = pressed(Key.BACKSPACE, Key.ENTER, screen=screen)
    assert [one.label for one in shown(screen, REPORT)] == ["Side"]
    assert pressed("s", screen=screen)[1] == Perform(verb="use", arguments={"account": "acc_2"})
    screen, _ = pressed(Key.ESCAPE, screen=screen)
    assert len(shown(screen, REPORT)) == 3
    assert pressed("/", "x", Key.ESCAPE)[0].search == ""


def test_signing_in_again_is_for_another_place_and_says_which() -> None:
    screen, wish = pressed("2", "r")
    assert (screen.message, wish) == ("Side: turntable login --again '#2'", None)


def test_without_an_account_no_letter_does_anything() -> None:
    empty = replace(REPORT, accounts=())
    for key in ("s", "e", "d", "r", Key.DOWN, "1"):
        assert press(Screen(), key, empty) == (Screen(), None)


def test_the_details_the_help_and_the_last_answer() -> None:
    assert pressed(Key.ENTER)[0].details
    assert not pressed(Key.ENTER, Key.ENTER)[0].details
    assert pressed("?")[0].help
    assert told(Screen(), ["Done.", ""]).message == "Done. "
    assert pressed(Key.DOWN, screen=told(Screen(), ["Done."]))[0].message == ""


# --- lines -------------------------------------------------------------------------------------


def texts(screen: Screen, *, width: int = 100, height: int = 20, requests: int = 3) -> list[str]:
    rows = [row(id=f"req_{number}") for number in range(requests)]
    return [one.text for one in lines(screen, REPORT, rows, READER, width=width, height=height)]


def test_a_screen_shows_how_everything_stands() -> None:
    shown_ = texts(Screen())
    assert len(shown_) == 20
    assert shown_[0].startswith("Turntable 0.1.0 on 127.0.0.1:8791 · under way: 0")
    assert shown_[1] == "Enough: Work 1 has 62 % left."
    assert shown_[3].startswith(" →1 Work        ready  5 h 62 % left · week unknown")
    assert "paused" in shown_[4]
    assert sum("req_" in text for text in shown_) == 3
    assert shown_[-1] == "? keys · S use · E pause · / search · Q leave"


def test_the_details_stand_below_the_chosen_one() -> None:
    shown_ = texts(Screen(chosen=AccountId("acc_2"), details=True))
    at = next(n for n, text in enumerate(shown_) if "Side" in text)
    assert shown_[at + 1].strip() == "#2 · plus · Ready."
    assert shown_[at + 2].strip() == "5 h 62 % left, resets 11:00"


@pytest.mark.parametrize(
    ("screen", "foot"),
    [
        pytest.param(Screen(removing=WORK.id), "Remove Work? y / n", id="what is asked"),
        pytest.param(Screen(search="si", typing=True), "Search: si▏", id="what is typed"),
        pytest.param(Screen(message="Side is back."), "Side is back.", id="what was said"),
    ],
)
def test_the_foot_says(screen: Screen, foot: str) -> None:
    assert texts(screen)[-1] == foot


def test_what_nobody_is_called_and_the_keys() -> None:
    assert texts(Screen(search="nobody"))[3] == "No account is called so."
    assert any("remove it" in text for text in texts(Screen(help=True)))


def test_of_many_accounts_the_chosen_one_stays_in_sight() -> None:
    many = snapshot(*(account(number) for number in range(1, 200)))
    chosen = Screen(chosen=AccountId("acc_150"))
    found = lines(chosen, many, (), READER, width=80, height=12)
    assert len(found) == 12
    (bar,) = [one.text for one in found if one.bar]
    assert "Work 150" in bar


labels = st.text(max_size=30)
sizes = st.tuples(st.integers(20, 200), st.integers(1, 60))


@given(st.lists(labels, max_size=8), sizes, st.booleans(), st.booleans(), labels)
def test_no_line_is_wider_and_no_screen_longer_than_the_terminal(
    names: list[str], size: tuple[int, int], details: bool, help_: bool, search: str
) -> None:
    report = snapshot(*(account(n, label=name) for n, name in enumerate(names, 1)))
    screen = Screen(details=details, help=help_, search=search)
    width, height = size
    rows = [row(id=f"req_{number}") for number in range(9)]
    found = lines(screen, report, rows, READER, width=width, height=height)
    assert len(found) == height
    assert all(columns(one.text) <= width and one.text.isprintable() for one in found)


@given(st.text(max_size=40), st.integers(1, 30))
def test_a_text_is_cut_to_its_columns(text: str, width: int) -> None:
    assert columns(fit(text, width)) <= width
    assert columns(padded(text, width)) == width


def test_times_pass_on_the_screen() -> None:
    waits = replace(WORK, state="waiting", until=NOW + timedelta(hours=1))
    (first,) = [
        one.text
        for one in lines(Screen(), snapshot(waits), (), READER, width=80, height=9)
        if one.bar
    ]
    assert "waiting until 10:00" in first
