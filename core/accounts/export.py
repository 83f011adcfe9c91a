"""What travels without logins: settings, profiles, rules, budgets, wishes for accounts. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast

from core.accounts.add import LONGEST_LABEL
from core.accounts.export_budgets import SentBudget, budgets_record, read_budgets
from core.accounts.export_rules import Sent, read_profiles, read_record, to_record
from core.domain.account import Account, Identity, Reserve
from core.domain.errors import CoreError
from core.domain.events import AccountChanged, Event
from core.domain.policies import LARGEST_WEIGHT, LONGEST_NOTE, LONGEST_TAG, MOST_TAGS
from core.domain.profiles import Profile
from core.domain.settings import Value, declarations
from core.domain.state import Change, State

VERSION = 1
STAYS_HERE = ("upstream.", "notify.command")
"""Settings that decide where logins are sent or what is run: a file may not change them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the user decided about one account."""

    identity: Identity
    label: str
    enabled: bool
    paused: bool
    draining: bool
    weight: int
    reserve: Reserve
    tags: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The content of such a file.

    Attributes:
        settings: by key, those that may travel.
        left: keys of those that may not, or that this program does not know.
        accounts: what was decided about each.
        rules: pools and rules; None: it says nothing about them.
        profiles: the user's own.
        budgets: how much may be used.
    """

    settings: Mapping[str, Value]
    left: tuple[str, ...]
    accounts: tuple[Wishes, ...]
    rules: Sent | None = None
    profiles: tuple[Profile, ...] = ()
    budgets: tuple[SentBudget, ...] = ()


def to_export(
    settings: Mapping[str, Value],
    state: State,
    *,
    profiles: Iterable[Profile] = (),
    made_at: datetime,
) -> str:
    """The text of an export: no token, no secret, nothing that was learned.

    Args:
        settings: those that the user has set, by key.
        state: accounts, pools and rules.
        profiles: those that there are; what came with the program stays here.
        made_at: now.
    """
    document = {
        "turntable": "export",
        "version": VERSION,
        "made_at": made_at.astimezone(UTC).isoformat(),
        "settings": {key: _plain(value) for key, value in settings.items() if _travels(key)},
        "accounts": [_record(account) for account in state.accounts.values()],
        "ruled": to_record(state),
        "budgets": budgets_record(state),
        "profiles": {
            one.name: {key: _plain(value) for key, value in one.values.items()}
            for one in profiles
            if not one.built_in
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def read_export(text: str) -> Export:
    """What an export holds.

    Raises:
        CoreError: `export_broken` or `export_newer`.
    """
    try:
        document = json.loads(text)
        if document["version"] > VERSION:
            message = "A newer Turntable made this export; nothing was changed."
            raise CoreError("export_newer", message, "Import it with that version.")
        settings = cast("dict[str, object]", document["settings"])
        travelling = {key: _value(settings[key]) for key in settings if _travels(key)}
        return Export(
            settings=travelling,
            left=tuple(sorted(set(settings) - set(travelling))),
            accounts=tuple(_wishes(record) for record in document["accounts"]),
            rules=read_record(document["ruled"]) if "ruled" in document else None,
            profiles=read_profiles(document.get("profiles", {})),
            budgets=read_budgets(document.get("budgets", [])),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        message = "This export is cut or damaged; nothing was changed."
        raise CoreError("export_broken", message, "Take the file as it was written.") from None


def wish(wishes: Iterable[Wishes]) -> Change:
    """Let the accounts that are here be as these wishes say; others are passed over.

    A label that another account has is not taken.
    """
    by_identity = {one.identity: one for one in wishes}

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        accounts = dict(state.accounts)
        for account in state.accounts.values():
            if (wanted := by_identity.get(account.identity)) is not None:
                others = {a.label.casefold() for a in accounts.values() if a.id != account.id}
                accounts[account.id] = _granted(account, wanted, others)
        changed = [id_ for id_, after in accounts.items() if after != state.accounts[id_]]
        if not changed:
            return state, ()
        events = tuple(AccountChanged(account=id_) for id_ in changed)
        return replace(state, accounts=accounts), events

    return change


def _granted(account: Account, wanted: Wishes, others: set[str]) -> Account:
    return replace(
        account,
        label=account.label if wanted.label.casefold() in others else wanted.label,
        enabled=wanted.enabled,
        paused=wanted.paused,
        draining=wanted.draining,
        weight=wanted.weight,
        reserve=wanted.reserve,
        tags=wanted.tags,
        note=wanted.note,
    )


def _plain(value: Value) -> object:
    return list(value) if isinstance(value, tuple) else value


def _travels(key: str) -> bool:
    declared = declarations().get(key)
    return declared is not None and not declared.file_only and not key.startswith(STAYS_HERE)


def _record(account: Account) -> dict[str, object]:
    reserve = account.reserve
    return {
        "user": account.identity.user,
        "workspace": account.identity.workspace,
        "email": account.email,
        "label": account.label,
        "enabled": account.enabled,
        "paused": account.paused,
        "draining": account.draining,
        "weight": account.weight,
        "reserve": {"session": reserve.session, "week": reserve.week, "month": reserve.month},
        "tags": list(account.tags),
        "note": account.note,
    }


def _wishes(record: Mapping[str, object]) -> Wishes:
    reserve = cast("Mapping[str, float]", record["reserve"])
    tags = cast("list[str]", record["tags"])
    found = Wishes(
        identity=Identity(user=_text(record["user"]), workspace=_text(record["workspace"])),
        label=_text(record["label"], LONGEST_LABEL),
        enabled=_flag(record["enabled"]),
        paused=_flag(record["paused"]),
        draining=_flag(record["draining"]),
        weight=int(cast("int", record["weight"])),
        reserve=Reserve(**{name: float(reserve[name]) for name in ("session", "week", "month")}),
        tags=tuple(_text(tag, LONGEST_TAG) for tag in tags[:MOST_TAGS]),
        note=_text(record["note"], LONGEST_NOTE),
    )
    floors = (found.reserve.session, found.reserve.week, found.reserve.month)
    if not found.label or not 1 <= found.weight <= LARGEST_WEIGHT:
        raise ValueError("out of range")
    if any(not 0 <= floor < 100 for floor in floors):
        raise ValueError("out of range")
    return found


def _text(value: object, longest: int = 200) -> str:
    if not isinstance(value, str) or not value.isprintable() or len(value) > longest:
        raise ValueError("not a text of ours")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not a flag")
    return value


def _value(value: object) -> Value:
    if isinstance(value, list):
        return tuple(_text(item) for item in value)
    if not isinstance(value, bool | int | float | str):
        raise TypeError("no value of a setting")
    return value
