"""The menu as a tree: what stands in it, in which order, and what each entry does."""

from datetime import timedelta

import pytest

from core.control.commands import VERBS
from core.domain.report import StatusReport
from core.words.speech import english
from tests.tray.snapshots import NOW, account, snapshot, window
from tray.present.entries import (
    Branch,
    Choice,
    Divider,
    Entry,
    Line,
    Local,
    Perform,
    SignIn,
    walk,
)
from tray.present.menu import DIRECT_ACCOUNTS, menu

ENGLISH = english()
WORK = account(1)


def shown(report: StatusReport, *, at_login: bool | None = True) -> tuple[Entry, ...]:
    return menu(report, speech=ENGLISH, now=NOW, at_login=at_login)


def choice(report: StatusReport, entry: str) -> Choice:
    found = next(e for e in walk(shown(report)) if e.id == entry)
    assert isinstance(found, Choice)
    return found


def outline(entries: tuple[Entry, ...], depth: int = 0) -> list[str]:
    lines: list[str] = []
    for entry in entries:
        indent = "  " * depth
        match entry:
            case Divider():
                lines.append(f"{indent}----")
            case Line():
                lines.append(f"{indent}{entry.text}")
            case Choice():
                mark = {True: "● ", False: "○ ", None: ""}[entry.checked]
                lines.append(f"{indent}{mark}{entry.text}")
            case Branch():
                lines.extend([f"{indent}{entry.text} ▸", *outline(entry.entries, depth + 1)])
    return lines


def test_whole_menu_in_its_order() -> None:
    report = snapshot(
        WORK,
        account(2, "Personal", windows=(window(100),)),
        account(3, "Client A", state="waiting", until=timedelta(hours=6, minutes=10)),
        account(4, "Old laptop", state="needs_sign_in"),
        second=2,
        notices=("Turntable was stopped hard last time; Codex has been given back.",),
    )
    assert outline(shown(report)) == [
        "Codex uses Work · Plus",
        "5 h 62 % left, resets 14:30 · week 40 % left, resets Tue 09:00",
        "Turntable was stopped hard last time; Codex has been given back.",
        "----",
        "● &1  Work   5 h 62 %   week 40 %",
        "○ &2  Personal   5 h 100 %   next best",
        "○ &3  Client A   waiting until 15:10",
        "○ &4  Old laptop   needs a new sign-in",
        "----",
        "&Rotation ▸",
        "  ● &Automatic",
        "  ○ &Stay on Work",
        "  ----",
        "  S&trategy ▸",
        "    ○ &Balanced",
        "    ● &Stay until it is limited",
        "    ○ &Take turns",
        "    ○ &Least used",
        "    ○ By &weight",
        "    ○ &Resets soonest first",
        "    ○ By &chance",
        "  ○ &Pause for 1 h",
        "  S&kip Work until it resets (14:30)",
        "● Route &Codex through Turntable",
        "&Add account ▸",
        "  Sign in with the &browser…",
        "  Sign in with a co&de…",
        "  &Paste an address…",
        "  &Import from Codex",
        "----",
        "Re&fresh now",
        "&Why this account?",
        "&Open Turntable…",
        "----",
        "S&ettings…",
        "● Start at &login",
        "&Help ▸",
        "  &Check how things stand",
        "  Open the &log folder",
        "  ----",
        "  Turntable 0.1.0",
        "----",
        "&Quit",
    ]


@pytest.mark.parametrize("count", [0, 1, 3, 9, 12, 200])
def test_every_account_is_in_the_menu_once_the_first_nine_with_a_digit(count: int) -> None:
    accounts = tuple(account(n, f"Account {n}") for n in range(1, count + 1))
    entries = shown(snapshot(*accounts))
    ids = [e.id for e in walk(entries) if e.id.startswith("account.")]
    assert ids == [f"account.acc_{n}" for n in range(1, count + 1)]
    direct = [e for e in entries if e.id.startswith("account.")]
    assert len(direct) == min(count, DIRECT_ACCOUNTS)
    assert [e.text[:2] for e in direct if isinstance(e, Choice)] == [
        f"&{n}" for n in range(1, len(direct) + 1)
    ]
    assert len(entries) < 30


@pytest.mark.parametrize(
    ("report", "entry", "verb", "arguments"),
    [
        pytest.param(
            snapshot(WORK), "account.acc_1", "use", {"account": "acc_1"}, id="an account: prefer it"
        ),
        pytest.param(
            snapshot(WORK, account(2), mode="stay", steered=1),
            "account.acc_2",
            "stay",
            {"account": "acc_2"},
            id="an account while one is forced: force this one",
        ),
        pytest.param(snapshot(WORK), "rotation.auto", "auto", {}, id="automatic"),
        pytest.param(
            snapshot(WORK), "rotation.stay", "stay", {"account": "acc_1"}, id="stay where it is"
        ),
        pytest.param(snapshot(WORK), "route", "unbind", {}, id="routed: the toggle gives back"),
        pytest.param(
            snapshot(WORK, bind="unbound"), "route", "bind", {}, id="not routed: it binds"
        ),
        pytest.param(
            snapshot(WORK, bind="drifted"), "route", "bind", {}, id="changed by others: it binds"
        ),
        pytest.param(snapshot(WORK), "refresh", "quota", {"refresh": True}, id="ask for numbers"),
        pytest.param(
            snapshot(WORK),
            "pause",
            "rotation",
            {"action": "pause", "for": "1h"},
            id="pause for an hour",
        ),
        pytest.param(
            snapshot(WORK, mode="paused"),
            "pause",
            "rotation",
            {"action": "resume"},
            id="paused: go on",
        ),
        pytest.param(
            snapshot(WORK),
            "strategy.balanced",
            "rotation",
            {"action": "strategy", "value": "balanced"},
            id="another strategy",
        ),
        pytest.param(snapshot(), "add.codex", "import", {"from": "codex"}, id="import"),
        pytest.param(
            snapshot(WORK),
            "skip",
            "rotation",
            {"action": "skip", "value": "acc_1"},
            id="pass the one in use by",
        ),
        pytest.param(
            snapshot(WORK), "startup", "startup", {"action": "disable"}, id="it starts: no longer"
        ),
    ],
)
def test_entry_wishes_a_verb_of_the_table(
    report: StatusReport, entry: str, verb: str, arguments: dict[str, str | bool]
) -> None:
    action = choice(report, entry).action
    assert action == Perform(verb=verb, arguments=arguments)
    VERBS[verb].check(arguments)


SHOWN_BY = {
    Local.OPEN_WINDOW: "show",
    Local.OPEN_PANEL: "panel",
    Local.OPEN_ACCOUNTS: "accounts",
    Local.OPEN_ACTIVITY: "why",
    Local.OPEN_HEALTH: "doctor",
    Local.OPEN_MESSAGES: "status",
    Local.OPEN_SETTINGS: "config",
    Local.OPEN_LOG: "bundle",
    Local.UNLOCK: "unlock",
    Local.QUIT: "stop",
}
"""What the tray does by itself, and the verb that does or tells the same."""


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(snapshot(), id="no account"),
        pytest.param(snapshot(*(account(n) for n in range(1, 13)), second=2), id="twelve accounts"),
        pytest.param(snapshot(WORK, mode="stay", steered=1), id="one is forced"),
        pytest.param(snapshot(WORK, mode="paused", bind="drifted"), id="paused and drifted"),
        pytest.param(snapshot(WORK, locked=True, listening=False), id="locked and deaf"),
    ],
)
@pytest.mark.parametrize("at_login", [None, False, True], ids=["unknown", "off", "on"])
def test_whatever_can_be_chosen_is_a_verb_with_arguments_that_it_takes(
    report: StatusReport, at_login: bool | None
) -> None:
    choices = [e for e in walk(shown(report, at_login=at_login)) if isinstance(e, Choice)]
    for entry in choices:
        match entry.action:
            case Local():
                assert SHOWN_BY[entry.action] in VERBS
            case SignIn():
                wish = entry.action.wish()
                VERBS[wish.verb].check(wish.arguments)
            case Perform() if entry.enabled:
                VERBS[entry.action.verb].check(entry.action.arguments)
            case _:
                assert not entry.enabled


@pytest.mark.parametrize(
    ("at_login", "enabled", "checked"),
    [
        pytest.param(None, False, False, id="nobody has looked yet"),
        pytest.param(False, True, False, id="it does not start"),
        pytest.param(True, True, True, id="it starts"),
    ],
)
def test_start_at_login_is_a_mark_that_is_known_before_it_can_be_changed(
    at_login: bool | None, enabled: bool, checked: bool
) -> None:
    entries = walk(shown(snapshot(WORK), at_login=at_login))
    mark = next(e for e in entries if isinstance(e, Choice) and e.id == "startup")
    assert (mark.enabled, mark.checked) == (enabled, checked)


@pytest.mark.parametrize(
    ("report", "enabled"),
    [
        pytest.param(snapshot(WORK), True, id="the one in use"),
        pytest.param(snapshot(WORK, mode="stay", steered=1), False, id="no other may serve"),
        pytest.param(snapshot(account(1, windows=())), False, id="nobody knows when it resets"),
        pytest.param(
            snapshot(account(1, state="waiting", until=timedelta(hours=1)), serves=None),
            False,
            id="it waits anyway",
        ),
        pytest.param(snapshot(), False, id="no account"),
    ],
)
def test_an_account_can_be_passed_by_where_that_says_something(
    report: StatusReport, enabled: bool
) -> None:
    assert choice(report, "skip").enabled is enabled


def test_what_the_headline_says_is_not_said_again() -> None:
    told = snapshot(WORK, locked=True, notices=("Locked.",), code="locked")
    assert not [entry for entry in shown(told) if entry.id.startswith("notice.")]


def test_quit_is_the_tray_s_own() -> None:
    assert choice(snapshot(WORK), "quit").action is Local.QUIT


@pytest.mark.parametrize(
    ("in_flight", "text"),
    [
        pytest.param(0, "&Quit", id="nothing runs, nothing is said"),
        pytest.param(1, "&Quit (1 running request ends)", id="one request"),
        pytest.param(3, "&Quit (3 running requests end)", id="several requests"),
    ],
)
def test_quit_says_what_ends_with_it(in_flight: int, text: str) -> None:
    assert choice(snapshot(WORK, in_flight=in_flight), "quit").text == text


@pytest.mark.parametrize(
    ("mode", "automatic", "stays"),
    [
        pytest.param("auto", True, False, id="automatic"),
        pytest.param("use", True, False, id="a preference is automatic too"),
        pytest.param("stay", False, True, id="forced"),
        pytest.param("paused", False, False, id="paused is neither"),
    ],
)
def test_rotation_shows_its_mode(mode: str, automatic: bool, stays: bool) -> None:
    report = snapshot(WORK, mode=mode, steered=1)
    assert choice(report, "rotation.auto").checked is automatic
    assert choice(report, "rotation.stay").checked is stays


def test_preferred_account_says_so_while_another_serves() -> None:
    waiting = account(2, "Personal", state="waiting", until=timedelta(hours=1))
    report = snapshot(WORK, waiting, mode="use", steered=2)
    assert choice(report, "account.acc_2").text.endswith("waiting until 10:00   preferred")
    assert choice(report, "account.acc_1").checked


@pytest.mark.parametrize(
    ("label", "text"),
    [
        pytest.param("R&D", "&1  R&&D   5 h 62 %   week 40 %", id="an ampersand marks no letter"),
        pytest.param("<b>x</b>", "&1  <b>x</b>   5 h 62 %   week 40 %", id="markup is text"),
        pytest.param("{name}", "&1  {name}   5 h 62 %   week 40 %", id="braces are text"),
        pytest.param(
            "a" * 300, f"&1  {'a' * 31}…   5 h 62 %   week 40 %", id="300 letters are cut"
        ),
        pytest.param("🎧", "&1  🎧   5 h 62 %   week 40 %", id="an emoji is a name"),
        pytest.param(
            "עבודה", "&1  \u2068עבודה\u2069   5 h 62 %   week 40 %", id="right-to-left is isolated"
        ),
    ],
)
def test_names_stand_in_rows_as_they_are(label: str, text: str) -> None:
    report = snapshot(account(1, label))
    assert choice(report, "account.acc_1").text == text
    assert choice(report, "rotation.stay").text.startswith("&Stay on ")


@pytest.mark.parametrize(
    ("report", "entry", "enabled"),
    [
        pytest.param(snapshot(WORK), "route", True, id="binding needs a listener: there is one"),
        pytest.param(
            snapshot(WORK, bind="unbound", listening=False), "route", False, id="there is none"
        ),
        pytest.param(
            snapshot(WORK, listening=False), "route", True, id="giving back needs no listener"
        ),
    ],
)
def test_route_can_be_chosen_when_it_can_work(
    report: StatusReport, entry: str, enabled: bool
) -> None:
    assert choice(report, entry).enabled is enabled


def test_ids_are_unique() -> None:
    accounts = tuple(account(n) for n in range(1, 31))
    ids = [entry.id for entry in walk(shown(snapshot(*accounts, notices=("a", "b"))))]
    assert len(ids) == len(set(ids))


def test_keys_of_one_menu_are_unique() -> None:
    def keys(entries: tuple[Entry, ...]) -> list[str]:
        texts = (e.text.replace("&&", "") for e in entries if isinstance(e, Choice | Branch))
        return [text[text.index("&") + 1].lower() for text in texts if "&" in text]

    entries = shown(snapshot(*(account(n) for n in range(1, 13))))
    below = [e.entries for e in entries if isinstance(e, Branch)]
    for level in (entries, *below):
        assert len(keys(level)) == len(set(keys(level)))
    assert all("&" in e.text for e in entries if isinstance(e, Choice | Branch))


def levels(entries: tuple[Entry, ...]) -> list[list[str]]:
    """The keyboard letters of each menu."""
    found = [[keyboard_letter(e.text) for e in entries if isinstance(e, Choice | Branch)]]
    for entry in entries:
        if isinstance(entry, Branch):
            found.extend(levels(entry.entries))
    return found


def keyboard_letter(text: str) -> str:
    plain = text.replace("&&", "")
    return plain[plain.index("&") + 1].lower() if "&" in plain else ""


def test_every_choice_has_a_letter_of_its_own() -> None:
    for letters in levels(shown(snapshot(WORK, account(2, "R&D")))):
        assert "" not in letters
        assert len(set(letters)) == len(letters), letters
