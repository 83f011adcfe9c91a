"""Pools, rules and profiles as they travel in an export: by names, never by ids. Pure.

An account is named by its user and workspace, which are the same on every machine. A pool may lose
those that are not here: then fewer serve. A rule that names accounts may not lose its last one:
then everybody would.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.domain.account import AccountId, Identity
from core.domain.errors import CoreError
from core.domain.profiles import Profile, make_profile
from core.domain.rules import Otherwise, Pool, PoolId, Project, Rule, RuleNumber, Rules, Unknown
from core.domain.state import State

LONGEST = 4096
MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPool:
    """A pool by its name, its accounts by what they are everywhere."""

    name: str
    accounts: tuple[Identity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRule:
    """A rule; pool and accounts as above."""

    number: int
    folder: str
    model: str
    client: str
    pool: str | None
    accounts: tuple[Identity, ...]
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What an export says about rules; all of it counts, or none."""

    pools: tuple[SentPool, ...]
    rules: tuple[SentRule, ...]
    otherwise: Otherwise
    unknown_pool: str | None


def to_record(state: State) -> dict[str, object]:
    """Pools and rules of `state` for the file."""
    names = {pool.id: pool.name for pool in state.pools.values()}
    unknown = state.rules.unknown
    return {
        "pools": [
            {"name": pool.name, "accounts": _people(state, pool.accounts)}
            for pool in state.pools.values()
        ],
        "rules": [
            {
                "number": rule.number,
                "folder": rule.folder,
                "model": rule.model,
                "client": rule.client,
                "pool": None if rule.pool is None else names.get(rule.pool, ""),
                "accounts": _people(state, rule.accounts),
                "models": list(rule.models),
            }
            for rule in state.rules.rules
        ],
        "unknown": {
            "otherwise": unknown.otherwise.value,
            "pool": None if unknown.pool is None else names.get(unknown.pool, ""),
        },
    }


def read_record(record: Mapping[str, Any]) -> Sent:
    """What such a record says.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is none.
    """
    return Sent(
        pools=tuple(
            SentPool(name=_text(one["name"]), accounts=_identities(one["accounts"]))
            for one in _few(record["pools"])
        ),
        rules=tuple(_rule(one) for one in _few(record["rules"])),
        otherwise=Otherwise(record["unknown"]["otherwise"]),
        unknown_pool=_name(record["unknown"]["pool"]),
    )


def read_profiles(record: Mapping[str, Mapping[str, Any]]) -> tuple[Profile, ...]:
    """The profiles of a file.

    Raises:
        CoreError: one of them says what no profile may.
    """
    found = []
    for name, values in record.items():
        typed = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        found.append(make_profile(name, typed))
    return tuple(found)


def settled_here(
    sent: Sent, state: State, new_id: Callable[[], PoolId]
) -> tuple[tuple[Pool, ...], Rules]:
    """The same with the ids of this machine; a pool of the same name keeps its own.

    Raises:
        CoreError: `accounts_absent`: nobody whom a rule names is here.
    """
    by_identity = {account.identity: account.id for account in state.accounts.values()}
    ids = {pool.name.casefold(): pool.id for pool in state.pools.values()}
    pools = {}
    for one in sent.pools:
        accounts = tuple(by_identity[who] for who in one.accounts if who in by_identity)
        id_ = ids.get(one.name.casefold()) or new_id()
        pools[one.name.casefold()] = Pool(id=id_, name=one.name, accounts=accounts)

    def pool_of(name: str | None) -> PoolId | None:
        """A pool that the file does not have is one that has gone: it serves nobody."""
        if name is None:
            return None
        known = pools.get(name.casefold())
        return new_id() if known is None else known.id

    rules = []
    for rule in sent.rules:
        accounts = tuple(by_identity[who] for who in rule.accounts if who in by_identity)
        if rule.accounts and not accounts:
            message = f"None of the accounts that rule {rule.number} names is here."
            hint = "Sign in to one of them first; nothing was changed."
            raise CoreError("accounts_absent", message, hint)
        rules.append(
            Rule(
                number=RuleNumber(rule.number),
                folder=Project(rule.folder),
                model=rule.model,
                client=rule.client,
                pool=pool_of(rule.pool),
                accounts=accounts,
                models=rule.models,
            )
        )
    unknown = Unknown(otherwise=sent.otherwise, pool=pool_of(sent.unknown_pool))
    return tuple(pools.values()), Rules(rules=tuple(rules), unknown=unknown)


def _people(state: State, accounts: tuple[AccountId, ...]) -> list[dict[str, str]]:
    """The accounts by user and workspace; one that has gone stays as somebody who is nowhere."""
    everybody = {id_: one.account.identity for id_, one in state.removed.items()}
    everybody |= {id_: account.identity for id_, account in state.accounts.items()}
    nobody = Identity(user="", workspace="")
    found = [everybody.get(id_, nobody) for id_ in accounts]
    return [{"user": one.user, "workspace": one.workspace} for one in found]


def _rule(one: Mapping[str, Any]) -> SentRule:
    number = one["number"]
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 2**31:
        raise ValueError("no number of a rule")
    return SentRule(
        number=number,
        folder=_folder(one["folder"]),
        model=_text(one["model"]),
        client=_text(one["client"]),
        pool=_name(one["pool"]),
        accounts=_identities(one["accounts"]),
        models=tuple(_text(model) for model in _few(one["models"])),
    )


def _folder(found: object) -> str:
    """A path may hold any letter but a zero byte."""
    if not isinstance(found, str) or len(found) > LONGEST or "\0" in found:
        raise ValueError("no folder")
    return found


def _identities(found: object) -> tuple[Identity, ...]:
    return tuple(
        Identity(user=_text(one["user"]), workspace=_text(one["workspace"])) for one in _few(found)
    )


def _few(found: object) -> list[Any]:
    if not isinstance(found, list) or len(found) > MOST:
        raise ValueError("no list of ours")
    return found


def _name(found: object) -> str | None:
    return None if found is None else _text(found)


def _text(value: object, longest: int = 200) -> str:
    if not isinstance(value, str) or not value.isprintable() or len(value) > longest:
        raise ValueError("not a text of ours")
    return value
