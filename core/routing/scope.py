"""Which rule a request comes under, and whose accounts may serve it (pure).

Of the rules that fit, one counts: the one with the deepest folder; among those the one whose model
is named most exactly; among those the one whose client is; among those the older one. A rule that
names no folder fits in every folder, also in an unknown one. Where none fits although rules name
folders, the entry for unknown folders counts.

A caller's own pool and the rule both restrict. Nothing here widens: work that a rule's accounts
cannot serve is refused, and never served by others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import assert_never

from core.domain.account import AccountId
from core.domain.decision import AccountState, Because, RefuseReason, Verdict
from core.domain.facts import Facts, RequestKind
from core.domain.rules import Otherwise, Pool, PoolId, Project, Rule, RuleNumber, Rules
from core.domain.state import State

OUTSIDE = frozenset({Because.EXCLUDED_BY_RULE, Because.NOT_IN_POOL})
"""Verdicts of accounts that may not serve whatever becomes of them."""
_WILD = "*?["


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the rules say about one request.

    Attributes:
        rule: the one that counts; None: none does, or it is the entry for unknown folders.
        pool: whose accounts may serve: the rule's pool, else the caller's; None: nobody named one.
        of_rule: the accounts that the rule lets serve; None: any.
        of_caller: the accounts that the caller's token lets serve; None: any.
        refused: why nobody may serve, whatever the accounts; None: the accounts decide.
        subject: the folder or model that it is about.
    """

    rule: RuleNumber | None = None
    pool: PoolId | None = None
    of_rule: frozenset[AccountId] | None = None
    of_caller: frozenset[AccountId] | None = None
    refused: RefuseReason | None = None
    subject: str = ""


EVERYBODY = Scope()
_NOBODY: frozenset[AccountId] = frozenset()


def scope_of(facts: Facts, state: State) -> Scope:
    """What the rules of `state` say about a request; `EVERYBODY` where there are none for it."""
    rules = state.rules
    if not rules.rules and facts.pool is None and not rules.unreadable:
        return EVERYBODY
    if rules.unreadable:
        return Scope(of_rule=_NOBODY, refused=RefuseReason.RULES_UNREADABLE)
    if facts.unread and rules.name_models:
        return Scope(of_rule=_NOBODY, refused=RefuseReason.RULE_MODEL)
    caller = None if facts.pool is None else _members(facts.pool, state.pools)
    rule = ruling(facts, rules)
    if rule is None:
        return _without_a_rule(facts, state, caller)
    accounts = None if rule.pool is None else _members(rule.pool, state.pools)
    if rule.accounts:
        named = frozenset(rule.accounts)
        accounts = named if accounts is None else accounts & named
    forbidden = _forbids(rule, facts)
    return Scope(
        rule=rule.number,
        pool=rule.pool or facts.pool,
        of_rule=_NOBODY if forbidden else accounts,
        of_caller=caller,
        refused=RefuseReason.RULE_MODEL if forbidden else None,
        subject=facts.model if forbidden else "",
    )


def ruling(facts: Facts, rules: Rules) -> Rule | None:
    """The rule that counts for a request; None where none fits."""
    fitting = [rule for rule in rules.rules if _fits(rule, facts)]
    return max(fitting, key=precedence, default=None)


def precedence(rule: Rule) -> tuple[int, bool, int, bool, int, int]:
    """The larger one counts: folder by its depth, then model, then client, then age."""
    return (
        len(rule.folder.rstrip("/")) + 1 if rule.folder else 0,
        *_exactness(rule.model),
        *_exactness(rule.client),
        -rule.number,
    )


def covers(folder: Project, project: Project | None) -> bool:
    """Whether a project is this folder or lies below it."""
    if project is None:
        return False
    return project == folder or project.startswith(folder.rstrip("/") + "/")


def outside(account: AccountId, scope: Scope) -> Verdict | None:
    """The verdict of an account that the scope leaves out; None for one that it lets serve."""
    if scope.of_rule is not None and account not in scope.of_rule:
        return Verdict(account, False, AccountState.READY, Because.EXCLUDED_BY_RULE)
    if scope.of_caller is not None and account not in scope.of_caller:
        return Verdict(account, False, AccountState.READY, Because.NOT_IN_POOL)
    return None


def _without_a_rule(facts: Facts, state: State, caller: frozenset[AccountId] | None) -> Scope:
    """No rule fits: the caller's own pool counts, else the entry for unknown folders."""
    if caller is not None:
        return Scope(pool=facts.pool, of_caller=caller)
    # The list of models names no work: whoever is asked for it learns and spends nothing.
    if not state.rules.name_folders or facts.kind is RequestKind.MODELS:
        return EVERYBODY
    unknown = state.rules.unknown
    match unknown.otherwise:
        case Otherwise.ANY:
            return EVERYBODY
        case Otherwise.POOL:
            pool = unknown.pool or PoolId("")
            return Scope(pool=pool, of_rule=_members(pool, state.pools))
        case Otherwise.REFUSE:
            reason = RefuseReason.RULE_FOLDER if facts.project else RefuseReason.RULE_NO_FOLDER
            return Scope(of_rule=_NOBODY, refused=reason, subject=facts.project or "")
        case _:
            assert_never(unknown.otherwise)


def _fits(rule: Rule, facts: Facts) -> bool:
    return (
        (not rule.folder or covers(rule.folder, facts.project))
        and (not rule.model or fnmatchcase(facts.model, rule.model))
        and (not rule.client or fnmatchcase(facts.client, rule.client))
    )


def _forbids(rule: Rule, facts: Facts) -> bool:
    """Whether a rule does not let this model be asked for; one that is not named is not let."""
    if not rule.models or facts.kind is not RequestKind.RESPONSES:
        return False
    return not any(fnmatchcase(facts.model, model) for model in rule.models)


def _members(pool: PoolId, pools: Mapping[PoolId, Pool]) -> frozenset[AccountId]:
    """Who is in a pool; nobody is in one that has gone."""
    known = pools.get(pool)
    return _NOBODY if known is None else frozenset(known.accounts)


def _exactness(pattern: str) -> tuple[bool, int]:
    """A whole name before one with wildcards, and more letters before fewer."""
    letters = sum(letter not in _WILD for letter in pattern)
    return letters == len(pattern) and bool(pattern), letters
