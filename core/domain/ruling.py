"""What the user decides about pools and rules, as transitions of the state. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from core.domain.account import AccountId
from core.domain.client import Client
from core.domain.errors import CoreError, ExitCode
from core.domain.events import Event, RulesChanged
from core.domain.rules import (
    NO_RULES,
    Otherwise,
    Pool,
    PoolId,
    Rule,
    RuleNumber,
    Rules,
    Unknown,
)
from core.domain.sentence import Sentence, listed
from core.domain.state import Change, State

LONGEST_NAME = 60
MOST_POOLS = 100
MOST_RULES = 500
"""Each request looks through all of them."""
LONGEST_PATTERN = 200
MOST_MODELS = 50

_LIST = "`turntable pool list` shows them all."


def put_pool(pool: Pool) -> Change:
    """Make a pool, or replace the one of the same id.

    The transition raises:
        CoreError: `bad_pool`, `pool_taken` or `too_many_pools`, exit code usage.
    """
    wanted = replace(pool, name=" ".join(pool.name.split()))

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        _require_name(state, wanted)
        if state.pools.get(wanted.id) == wanted:
            return state, ()
        return replace(state, pools={**state.pools, wanted.id: wanted}), (RulesChanged(),)

    return change


def add_to_pool(pool: PoolId, accounts: Iterable[AccountId]) -> Change:
    """Put accounts into a pool; those that are in it stay where they are."""
    more = tuple(accounts)
    return _edit_pool(
        pool, lambda p: replace(p, accounts=tuple(dict.fromkeys((*p.accounts, *more))))
    )


def take_from_pool(pool: PoolId, accounts: Iterable[AccountId]) -> Change:
    """Take accounts out of a pool; it may be empty, and then serves nobody."""
    gone = frozenset(accounts)
    return _edit_pool(
        pool, lambda p: replace(p, accounts=tuple(a for a in p.accounts if a not in gone))
    )


def drop_pool(pool: PoolId, *, force: bool = False) -> Change:
    """Remove a pool that nothing names; with `force` the rules that name it go with it.

    A client that names it may call nobody's account until it gets another pool: work of a pool is
    never served elsewhere because the pool has gone.

    The transition raises:
        CoreError: `pool_in_use`, exit code usage: it says who names it.
    """

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        known = state.pools.get(pool)
        if known is None:
            return state, ()
        if not force:
            _require_unused(state, known)
        rules = state.rules
        kept = tuple(rule for rule in rules.rules if rule.pool != pool)
        unknown = Unknown() if rules.unknown.pool == pool else rules.unknown
        after = replace(
            state,
            pools={id_: other for id_, other in state.pools.items() if id_ != pool},
            rules=replace(rules, rules=kept, unknown=unknown),
        )
        return after, (RulesChanged(),)

    return change


def add_rule(wanted: Rule) -> Change:
    """Make a rule; it gets the next number, whatever `wanted.number` is.

    The transition raises:
        CoreError: `bad_rule`, `rule_exists` or `too_many_rules`, exit code usage.
    """

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        rules = state.rules
        rule = replace(wanted, number=RuleNumber(rules.next_number))
        require_rule(state, rule)
        after = replace(rules, rules=(*rules.rules, rule), next_number=rules.next_number + 1)
        return replace(state, rules=after), (RulesChanged(),)

    return change


def drop_rule(number: RuleNumber) -> Change:
    """Remove a rule; one that is not there stays away."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        kept = tuple(rule for rule in state.rules.rules if rule.number != number)
        if len(kept) == len(state.rules.rules):
            return state, ()
        return replace(state, rules=replace(state.rules, rules=kept)), (RulesChanged(),)

    return change


def clear_rules() -> Change:
    """Remove every rule, also ones that cannot be read any more; numbers are not given again."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        cleared = replace(NO_RULES, next_number=state.rules.next_number)
        if state.rules == cleared:
            return state, ()
        return replace(state, rules=cleared), (RulesChanged(),)

    return change


def set_unknown(unknown: Unknown) -> Change:
    """Say what counts in folders that no rule covers."""

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        if state.rules.unknown == unknown:
            return state, ()
        return replace(state, rules=replace(state.rules, unknown=unknown)), (RulesChanged(),)

    return change


def replace_rules(pools: Iterable[Pool], rules: Rules) -> Change:
    """Let pools and rules be these and no others, all of them or none.

    The transition raises:
        CoreError: as `put_pool` and `add_rule`; nothing is changed.
    """
    wanted = {pool.id: pool for pool in pools}

    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        bare = replace(state, pools={}, rules=NO_RULES)
        for pool in wanted.values():
            bare, _ = put_pool(pool)(bare)
        for rule in rules.rules:
            require_rule(bare, rule)
            bare = replace(bare, rules=replace(bare.rules, rules=(*bare.rules.rules, rule)))
        highest = max((rule.number for rule in rules.rules), default=0)
        number = max(rules.next_number, state.rules.next_number, highest + 1)
        after = replace(bare, rules=replace(rules, next_number=number))
        if (after.pools, after.rules) == (state.pools, state.rules):
            return state, ()
        return after, (RulesChanged(),)

    return change


def find_pool(state: State, typed: str) -> Pool:
    """The pool of this name, whatever its case, or of this id.

    Raises:
        CoreError: `no_pool_named`, exit code usage.
    """
    wanted = " ".join(typed.split()).casefold()
    for pool in state.pools.values():
        if wanted in (pool.name.casefold(), pool.id):
            return pool
    message = Sentence("No pool is called “{typed}”.", typed=typed)
    raise CoreError("no_pool_named", message, _LIST, exit_code=ExitCode.USAGE)


def users_of(state: State, pool: PoolId) -> tuple[tuple[Rule, ...], bool, tuple[Client, ...]]:
    """Who names a pool: rules, whether the entry for unknown folders does, and clients."""
    rules = tuple(rule for rule in state.rules.rules if rule.pool == pool)
    clients = tuple(client for client in state.clients.values() if client.pool == pool)
    return rules, state.rules.unknown.pool == pool, clients


def require_rule(state: State, rule: Rule) -> None:
    """See that this rule may be added to those of `state`.

    Raises:
        CoreError: `bad_rule`, `rule_exists` or `too_many_rules`, exit code usage.
    """
    if not (rule.folder or rule.model or rule.client):
        raise _bad("A rule names a folder, a model or a client.")
    patterns = (rule.model, rule.client, *rule.models)
    if any(len(p) > LONGEST_PATTERN or not p.isprintable() for p in patterns):
        raise _bad(
            Sentence(
                "Models and clients have at most {longest} printable characters.",
                longest=LONGEST_PATTERN,
            )
        )
    if len(rule.models) > MOST_MODELS:
        raise _bad(
            Sentence(
                "A rule allows at most {most} models by name; `*` stands for many.",
                most=MOST_MODELS,
            )
        )
    if len(state.rules.rules) >= MOST_RULES:
        message = Sentence("There are {most} rules already.", most=MOST_RULES)
        raise CoreError("too_many_rules", message, exit_code=ExitCode.USAGE)
    for other in state.rules.rules:
        if (other.folder, other.model, other.client) == (rule.folder, rule.model, rule.client):
            message = Sentence("Rule {number} names exactly this already.", number=other.number)
            hint = Sentence(
                "`turntable rule remove {number}` takes it away first.", number=other.number
            )
            raise CoreError("rule_exists", message, hint, exit_code=ExitCode.USAGE)


def _edit_pool(pool: PoolId, edit: Callable[[Pool], Pool]) -> Change:
    def change(state: State) -> tuple[State, tuple[Event, ...]]:
        known = state.pools.get(pool)
        return (state, ()) if known is None else put_pool(edit(known))(state)

    return change


def _require_name(state: State, pool: Pool) -> None:
    if not pool.name or len(pool.name) > LONGEST_NAME or not pool.name.isprintable():
        message = Sentence(
            "A pool’s name has 1 to {longest} printable characters.", longest=LONGEST_NAME
        )
        raise CoreError("bad_pool", message, exit_code=ExitCode.USAGE)
    if pool.name.casefold() in {*Otherwise, "none"}:
        message = Sentence(
            "“{name}” cannot be a pool’s name: it is a word of these verbs.", name=pool.name
        )
        raise CoreError("bad_pool", message, exit_code=ExitCode.USAGE)
    for other in state.pools.values():
        if other.id != pool.id and other.name.casefold() == pool.name.casefold():
            message = Sentence("There is a pool “{name}” already.", name=other.name)
            hint = "`turntable pool add` puts accounts into it, `pool take` takes them out."
            raise CoreError("pool_taken", message, hint, exit_code=ExitCode.USAGE)
    if pool.id not in state.pools and len(state.pools) >= MOST_POOLS:
        message = Sentence("There are {most} pools already.", most=MOST_POOLS)
        raise CoreError("too_many_pools", message, exit_code=ExitCode.USAGE)


def _require_unused(state: State, pool: Pool) -> None:
    rules, unknown, clients = users_of(state, pool.id)
    users = [Sentence("rule {number}", number=rule.number) for rule in rules]
    users += [Sentence("the entry for unknown folders")] if unknown else []
    users += [Sentence("the client “{label}”", label=client.label) for client in clients]
    if users:
        message = Sentence(
            "“{name}” is named by {users}; nothing was changed.",
            name=pool.name,
            users=listed(users),
        )
        hint = "Change those first, or take it away with those rules: `--force`."
        raise CoreError("pool_in_use", message, hint, exit_code=ExitCode.USAGE)


def _bad(message: str) -> CoreError:
    hint = "`turntable rule --help` says more."
    return CoreError("bad_rule", message, hint, exit_code=ExitCode.USAGE)
