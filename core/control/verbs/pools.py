"""pool: accounts under a name, and who names it."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from core.accounts.find import find_account
from core.app import App
from core.control.verb import Arguments
from core.domain.account import AccountId
from core.domain.errors import CoreError, ExitCode
from core.domain.rules import Pool, PoolId
from core.domain.ruling import (
    add_to_pool,
    drop_pool,
    find_pool,
    put_pool,
    take_from_pool,
    users_of,
)
from core.domain.sentence import Sentence
from core.domain.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An account, as people know it."""

    id: AccountId
    number: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPool:
    """A pool that somebody names; the name is empty where the pool has gone."""

    id: PoolId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPool:
    """A pool and who names it.

    Attributes:
        id: its id.
        name: what it is called.
        accounts: who is in it.
        rules: the numbers of the rules that name it.
        unknown: whether folders that no rule covers go there.
        clients: what the clients are called that name it.
    """

    id: PoolId
    name: str
    accounts: tuple[Member, ...]
    rules: tuple[int, ...]
    unknown: bool
    clients: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pools:
    """The answer of `pool`: every pool as it is now, and what was done."""

    action: str
    pools: tuple[ShownPool, ...]
    messages: tuple[str, ...]


async def pool(app: App, arguments: Arguments) -> Pools:
    """List pools, make or remove one, put accounts in or take them out."""
    action = arguments.text("action") or "list"
    messages: tuple[str, ...] = ()
    match action:
        case "create":
            messages = (await _create(app, arguments),)
        case "remove":
            messages = (await _remove(app, arguments),)
        case "add" | "take":
            messages = (await _change(app, arguments, action),)
        case _:
            pass
    shown = tuple(_shown(app.state, one) for one in app.state.pools.values())
    return Pools(action=action, pools=shown, messages=messages)


def members(state: State, accounts: Iterable[AccountId]) -> tuple[Member, ...]:
    """Those of these accounts that are here, in the accounts' order."""
    wanted = frozenset(accounts)
    return tuple(
        Member(id=one.id, number=one.number, label=one.label)
        for one in state.accounts.values()
        if one.id in wanted
    )


def named_pool(state: State, pool: PoolId | None) -> NamedPool | None:
    """The pool by its name; None where none is named."""
    if pool is None:
        return None
    known = state.pools.get(pool)
    return NamedPool(id=pool, name="" if known is None else known.name)


async def _create(app: App, arguments: Arguments) -> str:
    made = Pool(
        id=PoolId(f"pool_{secrets.token_hex(6)}"),
        name=_name(arguments),
        accounts=_accounts(app, arguments),
    )
    await app.folder.store.change(put_pool(made))
    if not made.accounts:
        return app.speech.say(
            "The pool “{name}” is made; `turntable pool add` puts accounts into it.",
            name=app.state.pools[made.id].name,
        )
    return app.speech.say(
        "The pool “{name}” is made: {labels}.",
        name=app.state.pools[made.id].name,
        labels=_labels(app, made.id),
    )


async def _remove(app: App, arguments: Arguments) -> str:
    known = find_pool(app.state, _name(arguments))
    rules, _, _ = users_of(app.state, known.id)
    await app.folder.store.change(drop_pool(known.id, force=arguments.flag("force")))
    if rules:
        numbers = ", ".join(str(rule.number) for rule in rules)
        return app.speech.say(
            "The pool “{name}” is removed, and with it these rules: {numbers}.",
            name=known.name,
            numbers=numbers,
        )
    return app.speech.say("The pool “{name}” is removed.", name=known.name)


async def _change(app: App, arguments: Arguments, action: str) -> str:
    known = find_pool(app.state, _name(arguments))
    accounts = _accounts(app, arguments)
    if not accounts:
        raise _usage(Sentence("pool {action} needs an account.", action=action))
    change = add_to_pool if action == "add" else take_from_pool
    await app.folder.store.change(change(known.id, accounts))
    return app.speech.say(
        "“{name}” holds: {labels}.", name=known.name, labels=_labels(app, known.id)
    )


def _shown(state: State, one: Pool) -> ShownPool:
    rules, unknown, clients = users_of(state, one.id)
    return ShownPool(
        id=one.id,
        name=one.name,
        accounts=members(state, one.accounts),
        rules=tuple(rule.number for rule in rules),
        unknown=unknown,
        clients=tuple(client.label for client in clients),
    )


def _accounts(app: App, arguments: Arguments) -> tuple[AccountId, ...]:
    return tuple(find_account(app.state, typed).id for typed in arguments.rest("accounts"))


def _labels(app: App, pool: PoolId) -> str:
    found = members(app.state, app.state.pools[pool].accounts)
    return ", ".join(one.label for one in found) or app.speech.say("nobody")


def _name(arguments: Arguments) -> str:
    name = arguments.text("pool")
    if name is None:
        raise _usage(Sentence("pool {action} needs a name.", action=arguments.text("action")))
    return name


def _usage(message: str) -> CoreError:
    hint = "`turntable pool --help` says more."
    return CoreError("usage", message, hint, exit_code=ExitCode.USAGE)
