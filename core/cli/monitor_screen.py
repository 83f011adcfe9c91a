"""The live screen: what it shows, and what a key does to it (pure).

It keeps what a person looks at and nothing of the engine: which account is chosen, what is searched
for, what is asked. The same keys count in the window of the tray.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from core.cli.monitor_keys import Key
from core.domain.account import AccountId
from core.domain.decision import AccountState
from core.domain.report import AccountReport, StatusReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Perform:
    """A verb of the table."""

    verb: str
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Back to the shell."""


type Wish = Perform | Leave | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What a person looks at.

    Attributes:
        chosen: the account under the bar; None: the first.
        search: what accounts must contain; empty: all are shown.
        typing: whether letters go into the search.
        details: whether the chosen account's windows are shown.
        help: whether the keys are.
        removing: the account whose removal waits for a yes.
        message: the last answer, in a line.
    """

    chosen: AccountId | None = None
    search: str = ""
    typing: bool = False
    details: bool = False
    help: bool = False
    removing: AccountId | None = None
    message: str = ""


def shown(screen: Screen, report: StatusReport) -> tuple[AccountReport, ...]:
    """The accounts that the search lets through, in their order."""
    wanted = screen.search.casefold()
    return tuple(
        account
        for account in report.accounts
        if wanted in f"{account.label}\n{account.email}\n{' '.join(account.tags)}".casefold()
    )


def under_the_bar(screen: Screen, report: StatusReport) -> AccountReport | None:
    """The chosen account; the first that is shown where that one is not."""
    accounts = shown(screen, report)
    return next((a for a in accounts if a.id == screen.chosen), accounts[0] if accounts else None)


def press(screen: Screen, key: str, report: StatusReport) -> tuple[Screen, Wish]:
    """What a key does."""
    if key == Key.QUIT:
        return screen, Leave()
    if screen.typing:
        return _type(screen, key), None
    if screen.removing is not None:
        return _answer(screen, key)
    screen = replace(screen, message="")
    match key:
        case Key.UP | Key.DOWN:
            return _move(screen, report, -1 if key == Key.UP else 1), None
        case Key.ENTER:
            return replace(screen, details=not screen.details), None
        case Key.ESCAPE:
            return replace(screen, details=False, help=False, search=""), None
        case "/":
            return replace(screen, typing=True), None
        case "?":
            return replace(screen, help=not screen.help), None
        case "q" | "Q":
            return screen, Leave()
        case _ if key in "123456789":
            accounts = shown(screen, report)
            at = int(key) - 1
            return (replace(screen, chosen=accounts[at].id) if at < len(accounts) else screen), None
        case _:
            account = under_the_bar(screen, report)
            return _act(screen, key.lower(), account) if account is not None else (screen, None)


def _act(screen: Screen, key: str, account: AccountReport) -> tuple[Screen, Wish]:
    """What the letters do to the chosen account."""
    match key:
        case "s":
            return screen, Perform(verb="use", arguments={"account": account.id})
        case "e":
            action = _PAUSES.get(account.state, "pause")
            return screen, Perform(
                verb="account", arguments={"action": action, "account": account.id}
            )
        case "r":
            command = f"turntable login --again '#{account.number}'"
            return replace(screen, message=f"{account.label}: {command}"), None
        case "d":
            return replace(screen, removing=account.id), None
        case _:
            return screen, None


def _move(screen: Screen, report: StatusReport, by: int) -> Screen:
    accounts = shown(screen, report)
    account = under_the_bar(screen, report)
    if account is None:
        return screen
    at = accounts.index(account) + by
    return replace(screen, chosen=accounts[min(max(at, 0), len(accounts) - 1)].id)


def _type(screen: Screen, key: str) -> Screen:
    match key:
        case Key.ENTER | Key.UP | Key.DOWN:
            return replace(screen, typing=False)
        case Key.ESCAPE:
            return replace(screen, typing=False, search="")
        case Key.BACKSPACE:
            return replace(screen, search=screen.search[:-1])
        case _:
            return replace(screen, search=screen.search + key)


def _answer(screen: Screen, key: str) -> tuple[Screen, Wish]:
    """A removal is made with y, and with nothing else."""
    account, kept = screen.removing, replace(screen, removing=None)
    if key.lower() != "y" or account is None:
        return kept, None
    return kept, Perform(verb="account", arguments={"action": "remove", "account": account})


def told(screen: Screen, messages: Sequence[str]) -> Screen:
    """What the verb said, in the line at the foot."""
    return replace(screen, message=" ".join(messages))


_PAUSES: Mapping[str, str] = MappingProxyType(
    {AccountState.PAUSED.value: "resume", AccountState.DISABLED.value: "enable"}
)
