"""What the user does to an account, as transitions of the state. Pure."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from core.accounts.add import LONGEST_LABEL
from core.domain.account import Account, AccountId
from core.domain.errors import CoreError, ExitCode
from core.domain.events import AccountChanged, Event, RotationChanged
from core.domain.sentence import Sentence
from core.domain.state import Change, Removed, Rotation, RotationMode, State


def rename(account: AccountId, label: str) -> Change:
    """Call it `label`.

    The transition raises:
        CoreError: `bad_label` or `label_taken`, exit code usage; nothing is changed.
    """
    wanted = " ".join(label.split())

    def renamed(state: State, known: Account) -> Account:
        require_label(state, wanted, but=known.id)
        return replace(known, label=wanted)

    return _changed(account, renamed)


def set_enabled(account: AccountId, enabled: bool) -> Change:
    """Let it serve, or send nothing for it, not even a refresh. A *stay* on it ends."""
    change = _changed(account, lambda _, known: replace(known, enabled=enabled))
    return change if enabled else _then_unsteer(change, account)


def set_paused(account: AccountId, paused: bool) -> Change:
    """Send it no requests but keep its tokens fresh, or let it serve again."""
    return _changed(account, lambda _, known: replace(known, paused=paused))


def remove(account: AccountId, *, at: datetime) -> Change:
    """Take the account out; its number is not given again. A *use* or *stay* of it ends.

    It can be put back for as long as the vault keeps its secrets sealed, which is 7 days.
    """

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        known = state.accounts.get(account)
        if known is None:
            return state, ()
        left = {key: value for key, value in state.accounts.items() if key != account}
        removed = {**state.removed, account: Removed(account=known, at=at)}
        after = replace(state, accounts=left, removed=removed)
        return after, (AccountChanged(account=account),)

    return _then_unsteer(change, account)


def put_back(known: Account) -> Change:
    """Undo `remove`: the account with its number and label, unless the label is taken meanwhile.

    The transition raises:
        CoreError: `label_taken`, exit code usage; nothing is changed.
    """

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        require_label(state, known.label, but=known.id)
        accounts = sorted([*state.accounts.values(), known], key=lambda each: each.number)
        after = replace(
            state,
            accounts={each.id: each for each in accounts},
            removed={id_: one for id_, one in state.removed.items() if id_ != known.id},
            next_number=max(state.next_number, known.number + 1),
        )
        return after, (AccountChanged(account=known.id),)

    return change


def forget_removed(before: datetime) -> Change:
    """Accounts that were removed by then cannot be put back any more."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        kept = {id_: one for id_, one in state.removed.items() if one.at > before}
        if len(kept) == len(state.removed):
            return state, ()
        return replace(state, removed=kept), ()

    return change


def require_label(state: State, label: str, *, but: AccountId | None = None) -> None:
    """See that an account may be called `label`; `but` is the account itself.

    Raises:
        CoreError: `bad_label` or `label_taken`, exit code usage.
    """
    if not label or len(label) > LONGEST_LABEL or not label.isprintable():
        message = Sentence(
            "A label has 1 to {longest} printable characters.", longest=LONGEST_LABEL
        )
        raise CoreError("bad_label", message, exit_code=ExitCode.USAGE)
    if label.startswith("#") or label.isdecimal():
        message = Sentence("“{label}” would look like an account’s number.", label=label)
        raise CoreError("bad_label", message, exit_code=ExitCode.USAGE)
    for other in state.accounts.values():
        if other.id != but and other.label.casefold() == label.casefold():
            message = Sentence(
                "Account #{number} is already called “{label}”.",
                number=other.number,
                label=other.label,
            )
            hint = "Choose another label, or rename that one first."
            raise CoreError("label_taken", message, hint, exit_code=ExitCode.USAGE)


def _changed(account: AccountId, change_one: Callable[[State, Account], Account]) -> Change:
    """Replace one account; a change that changes nothing announces nothing."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        known = state.accounts.get(account)
        if known is None:
            return state, ()
        changed = change_one(state, known)
        if changed == known:
            return state, ()
        after = replace(state, accounts={**state.accounts, account: changed})
        return after, (AccountChanged(account=account),)

    return change


def _then_unsteer(first: Change, account: AccountId) -> Change:
    """`first`, and nobody is steered to `account` any more."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        after, events = first(state)
        steered = _unsteered(after.rotation, account, gone=account not in after.accounts)
        if steered == after.rotation:
            return after, events
        ended = RotationChanged(mode=steered.mode.value, account=steered.account)
        return replace(after, rotation=steered), (*events, ended)

    return change


def _unsteered(rotation: Rotation, account: AccountId, *, gone: bool) -> Rotation:
    """The steering without `account`, also as what a pause returns to."""
    if rotation.account == account and (gone or rotation.mode is RotationMode.STAY):
        return Rotation()
    if rotation.before is None:
        return rotation
    return replace(rotation, before=_unsteered(rotation.before, account, gone=gone))
