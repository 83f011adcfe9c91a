"""What the user chose: the accounts and the rotation. Transitions are pure: `(value, events)`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from core.domain.account import Account, AccountId, Identity
from core.domain.budgets import Budget, BudgetNumber, Subject
from core.domain.client import Client, ClientId
from core.domain.events import AccountChanged, BudgetsChanged, Event, RotationChanged, ThreadPinned
from core.domain.facts import ThreadId
from core.domain.rules import NO_RULES, Pool, PoolId, Rules


class RotationMode(StrEnum):
    """How the user steers the choice of accounts."""

    AUTO = "auto"
    USE = "use"
    """Preferred, still rotates when blocked."""
    STAY = "stay"
    """Forced: no other account is ever used."""
    PAUSED = "paused"
    """No account changes; blocked = refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """The user's steering.

    Attributes:
        mode: see `RotationMode`.
        account: whom `use` or `stay` names.
        until: when `stay --for` or a pause ends by itself; None = when the user says so.
        before: what a pause returns to; None = automatic.
    """

    mode: RotationMode = RotationMode.AUTO
    account: AccountId | None = None
    until: datetime | None = None
    before: "Rotation | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """An account that the user took out, as it was, and when."""

    account: Account
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything the user chose but the settings file.

    Attributes:
        accounts: by id, in the order of their numbers.
        rotation: the steering.
        pins: threads that the user keeps on an account.
        clients: other tools that may call.
        removed: accounts that can still be put back.
        next_number: what the next account is called (`#N`); never goes back.
        pools: named sets of accounts.
        rules: which accounts may serve which work.
        budgets: how much may be used, by their numbers.
    """

    accounts: Mapping[AccountId, Account] = field(default_factory=dict)
    rotation: Rotation = field(default_factory=Rotation)
    pins: Mapping[ThreadId, AccountId] = field(default_factory=dict)
    clients: Mapping[ClientId, Client] = field(default_factory=dict)
    removed: Mapping[AccountId, Removed] = field(default_factory=dict)
    next_number: int = 1
    pools: Mapping[PoolId, Pool] = field(default_factory=dict)
    rules: Rules = NO_RULES
    budgets: Mapping[BudgetNumber, Budget] = field(default_factory=dict)

    @property
    def names_folders(self) -> bool:
        """Whether a request's folder has to be known: a rule or a budget is about one."""
        return self.rules.name_folders or (
            bool(self.budgets)
            and any(budget.subject is Subject.PROJECT for budget in self.budgets.values())
        )

    def unruled(self) -> "State":
        """The same without rules, for questions about no work in particular: who is next?"""
        return self if self.rules is NO_RULES else replace(self, rules=NO_RULES)

    def find(self, identity: Identity) -> Account | None:
        """The account of this user and workspace."""
        return next((a for a in self.accounts.values() if a.identity == identity), None)


type Change = Callable[[State], tuple[State, tuple[Event, ...]]]
"""A transition of what the user chose; run by the store, which commits before it announces."""


def put_account(account: Account) -> Change:
    """Add `account`, or replace the one of the same id."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        after = replace(
            state,
            accounts={**state.accounts, account.id: account},
            next_number=max(state.next_number, account.number + 1),
        )
        return after, (AccountChanged(account=account.id),)

    return change


def edit_account(account: AccountId, edit: Callable[[Account], Account]) -> Change:
    """Replace one account by what `edit` makes of it; an edit that changes nothing says nothing."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        known = state.accounts.get(account)
        edited = known if known is None else edit(known)
        if edited is None or edited == known:
            return state, ()
        after = replace(state, accounts={**state.accounts, account: edited})
        return after, (AccountChanged(account=account),)

    return change


def put_client(client: Client) -> Change:
    """Let a tool call, or replace the one of the same id."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        return replace(state, clients={**state.clients, client.id: client}), ()

    return change


def edit_client(client: ClientId, edit: Callable[[Client], Client]) -> Change:
    """Replace one tool by what `edit` makes of it as it is by then; who has gone stays gone."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        known = state.clients.get(client)
        return (state, ()) if known is None else put_client(edit(known))(state)

    return change


def drop_client(client: ClientId) -> Change:
    """The tool may not call any more."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        kept = {id_: known for id_, known in state.clients.items() if id_ != client}
        return replace(state, clients=kept), ()

    return change


def put_budget(budget: Budget) -> Change:
    """Set a budget, or replace the one of the same number."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        budgets = {**state.budgets, budget.number: budget}
        return replace(state, budgets=budgets), (BudgetsChanged(),)

    return change


def drop_budget(number: BudgetNumber) -> Change:
    """Nothing is counted for it any more."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        if number not in state.budgets:
            return state, ()
        kept = {known: budget for known, budget in state.budgets.items() if known != number}
        return replace(state, budgets=kept), (BudgetsChanged(),)

    return change


def steer(rotation: Rotation) -> Change:
    """Set the steering; the account it names must exist."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        if rotation.account is not None and rotation.account not in state.accounts:
            return state, ()
        event = RotationChanged(mode=rotation.mode.value, account=rotation.account)
        return replace(state, rotation=rotation), (event,)

    return change


def pause_rotation(until: datetime | None, now: datetime) -> Change:
    """Let no account change until then, or (None) until `resume_rotation`."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        rotation = rotation_at(state, now)
        before = rotation.before if rotation.mode is RotationMode.PAUSED else rotation
        kept = None if before == Rotation() else before
        return steer(Rotation(mode=RotationMode.PAUSED, until=until, before=kept))(state)

    return change


def resume_rotation() -> Change:
    """End a pause: what held before it holds again; without a pause nothing changes."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        if state.rotation.mode is not RotationMode.PAUSED:
            return state, ()
        return steer(state.rotation.before or Rotation())(state)

    return change


def pin_thread(thread: ThreadId, account: AccountId | None) -> Change:
    """Keep a thread on an account that exists, or (None) let it go where it may."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        if state.pins.get(thread) == account:
            return state, ()
        if account is not None and account not in state.accounts:
            return state, ()
        pins = {kept: pinned for kept, pinned in state.pins.items() if kept != thread}
        if account is not None:
            pins[thread] = account
        return replace(state, pins=pins), (ThreadPinned(thread=thread, account=account),)

    return change


def rotation_at(state: State, now: datetime) -> Rotation:
    """The steering as it counts at `now`: `stay --for` and a pause end by the clock."""
    rotation = state.rotation
    while rotation.until is not None and rotation.until <= now:
        rotation = rotation.before or Rotation()
    return rotation
