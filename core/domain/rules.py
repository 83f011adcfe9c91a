"""Pools and rules: which accounts may serve which work. Values only; `core.routing.scope` decides.

A rule says *for this folder, model or client: only this pool, these accounts, these models*. Where
a request names several, the rule with the most specific folder counts, then the most specific
model, then the client, then the older rule (`core.routing.scope.ruling`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from core.domain.account import AccountId

PoolId = NewType("PoolId", str)
"""`pool_…`, random; never changes, whatever the pool is called."""

RuleNumber = NewType("RuleNumber", int)
"""The `N` that people type; given once, never again."""

Project = NewType("Project", str)
"""A project's folder: absolute, symlinks resolved, `/` between its parts.

Inside git it is the folder of the main working tree, also for a linked one; outside git it is the
folder itself (`core.runtime.projects`).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A named set of accounts; an account may be in several.

    Attributes:
        id: random and stable.
        name: what the user calls it; unique among pools, whatever its case.
        accounts: who is in it, in the order in which they came; one that was removed stays, so
            that it is in again when it is put back.
    """

    id: PoolId
    name: str
    accounts: tuple[AccountId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What counts for some work. All that it names must fit; what is empty fits everything.

    Attributes:
        number: what people type.
        folder: this project and every one below it; empty: any, also an unknown one.
        model: a model id, with `*` and `?` for what may differ; empty: any.
        client: who calls: another tool's label, or Codex's originator, with `*` and `?`.
        pool: only its accounts may serve; None: any account's.
        accounts: only these may serve; empty: any. With a pool: those of them that are in it.
        models: only these may be asked for, with `*` and `?`; empty: any.
    """

    number: RuleNumber
    folder: Project = Project("")
    model: str = ""
    client: str = ""
    pool: PoolId | None = None
    accounts: tuple[AccountId, ...] = ()
    models: tuple[str, ...] = ()


class Otherwise(StrEnum):
    """What happens to work in a folder that no rule covers, while folder rules exist."""

    REFUSE = "refuse"
    ANY = "any"
    """Any account may serve, as if there were no rules."""
    POOL = "pool"
    """The accounts of one pool may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The entry for folders that no rule covers, and for requests that name none."""

    otherwise: Otherwise = Otherwise.REFUSE
    pool: PoolId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All rules.

    Attributes:
        rules: in the order of their numbers.
        unknown: what counts where no rule does, while one of them names a folder.
        next_number: of the next rule; never goes back.
        unreadable: the stored rules are damaged: nothing is served, since nobody knows by whom.
    """

    rules: tuple[Rule, ...] = ()
    unknown: Unknown = Unknown()
    next_number: int = 1
    unreadable: bool = False

    @property
    def name_folders(self) -> bool:
        """Whether a request's folder has to be known."""
        return bool(self.rules) and any(rule.folder for rule in self.rules)

    @property
    def name_models(self) -> bool:
        """Whether a request's model has to be known."""
        return bool(self.rules) and any(rule.model or rule.models for rule in self.rules)


NO_RULES = Rules()
