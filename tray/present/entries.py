"""What a menu is made of: a frozen tree. The toolkit draws it; tests read it.

`text` is marked as toolkits expect: `&` before the letter that chooses the entry from the
keyboard, `&&` for the character itself. `id` is stable, so that a picture of the same entry can
be updated while it is under the pointer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.control.facade import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Perform:
    """A wish: a verb of the table (`core.control.commands`) with its arguments."""

    verb: str
    # Not in its repr: a passphrase may be among them.
    arguments: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)


class Local(StrEnum):
    """What the tray does by itself."""

    OPEN_WINDOW = "open_window"
    OPEN_PANEL = "open_panel"
    OPEN_ACCOUNTS = "open_accounts"
    OPEN_ACTIVITY = "open_activity"
    OPEN_HEALTH = "open_health"
    OPEN_MESSAGES = "open_messages"
    OPEN_SETTINGS = "open_settings"
    UNLOCK = "unlock"
    OPEN_LOG = "open_log"
    QUIT = "quit"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A sign-in, step by step in a dialog (the verb `login`).

    Attributes:
        way: `browser`, `device` or `paste`.
        again: the account whose login is renewed; None = one more account.
    """

    way: str
    again: str | None = None

    def wish(self) -> Perform:
        """The verb that begins it."""
        arguments: dict[str, JsonValue] = {self.way: True}
        if self.again is not None:
            arguments["again"] = self.again
        return Perform(verb="login", arguments=arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """Several wishes as one, in this order: what is done to many accounts, or takes that back."""

    wishes: tuple[Perform, ...]


type Action = Perform | Local | SignIn | Several


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something to read; it cannot be chosen."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something to choose.

    Attributes:
        id: stable.
        text: marked.
        action: what choosing it does.
        enabled: whether it can be chosen now.
        checked: the mark; None where it can have none.
        group: entries of one group exclude each other; empty = a mark of its own.
    """

    id: str
    text: str
    action: Action
    enabled: bool = True
    checked: bool | None = None
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Divider:
    """A line between sections."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A menu in the menu."""

    id: str
    text: str
    entries: tuple["Entry", ...]
    enabled: bool = True


type Entry = Line | Choice | Divider | Branch


def literal(text: str) -> str:
    """A text without a keyboard letter, marked."""
    return text.replace("&", "&&")


def walk(entries: tuple[Entry, ...]) -> Iterator[Entry]:
    """Every entry, in the order of the screen."""
    for entry in entries:
        yield entry
        if isinstance(entry, Branch):
            yield from walk(entry.entries)
