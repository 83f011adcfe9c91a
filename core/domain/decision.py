"""Which account serves a request, or why none may: the answer of `core.routing.select`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from core.domain.account import AccountId
from core.domain.rules import PoolId, RuleNumber


class AccountState(StrEnum):
    """How an account stands, in order of precedence."""

    DISABLED = "disabled"
    NEEDS_SIGN_IN = "needs_sign_in"
    UNVERIFIED = "unverified"
    OUT_OF_SERVICE = "out_of_service"
    PAUSED = "paused"
    DRAINING = "draining"
    WAITING = "waiting"
    FAILING = "failing"
    READY = "ready"


class Because(StrEnum):
    """Why a verdict or a choice is what it is; `core.words` has a sentence for each."""

    READY = "ready"
    DISABLED_BY_USER = "disabled_by_user"
    PAUSED_BY_USER = "paused_by_user"
    SIGN_IN_ENDED = "sign_in_ended"
    SIGNED_OUT = "signed_out_by_user"
    TOKEN_EXPIRED = "token_expired"
    TOKEN_REFUSED = "token_refused"
    """The back end refused it, and it could not be renewed so far."""
    NOT_RENEWED = "not_renewed"
    """Its access token has run out, and nobody could be asked for another so far."""
    IN_DOUBT = "refresh_in_doubt"
    """Its newest refresh token may have been spent when the program was cut off."""
    RESTORED = "restored"
    """It came from a backup: another copy of its login may be in use."""
    USAGE_LIMIT = "usage_limit_reached"
    MODEL_LIMIT = "model_limit_reached"
    """The limit of the model that is asked for; others are served."""
    RATE_LIMIT = "rate_limit_exceeded"
    NOT_INCLUDED = "usage_not_included"
    QUOTA = "insufficient_quota"
    FAILING = "failing"
    GONE_ONCE = "gone_once"
    """Said once; it counts when it is said again."""
    GONE = "gone"
    SKIPPED = "skipped_by_user"
    """The user passes it by until a time."""
    DRAINING = "draining"
    """The user lets it finish its threads and gives it no new one."""
    RESERVED = "reserved"
    """What is left is kept in reserve."""
    BUDGET = "budget_used_up"
    """The user has given it a budget, and it is used up."""
    BUDGET_OF_WORK = "budget_of_work_used_up"
    """The pool, the client or the project has a budget, and it is used up."""
    ALREADY_TRIED = "already_tried"
    NOT_THE_STAYED_ONE = "not_the_stayed_one"
    NOT_THE_PINNED_ONE = "not_the_pinned_one"
    EXCLUDED_BY_RULE = "excluded_by_rule"
    """The rule that counts keeps this work to others."""
    NOT_IN_POOL = "not_in_pool"
    """The caller's token names a pool, and it is not in it."""


class Verdict(NamedTuple):
    """Why one account may or may not serve one request.

    A tuple, because a decision makes one for each account.

    Attributes:
        account: which.
        eligible: whether it may.
        state: how the account stands.
        because: the reason.
        until: when the reason ends by itself; None when it does not, or nobody knows.
    """

    account: AccountId
    eligible: bool
    state: AccountState
    because: Because
    until: datetime | None = None


class UseReason(StrEnum):
    """Which rule of the order chose the account."""

    OWNER = "owner"
    """The thread lives there."""
    PREFERRED = "preferred"
    """`use`: the user prefers it."""
    STAY = "stay"
    """`stay`: the user forces it."""
    PINNED = "pinned_here"
    """The user keeps this thread there."""
    STRATEGY = "strategy"
    """The strategy put it first."""


def among(rule: RuleNumber | None, pool: PoolId | None) -> str:
    """The name under which a rule's or a pool's turns are kept; empty for neither."""
    return "" if rule is None and pool is None else f"{rule or ''}/{pool or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How often each of these accounts was chosen since they share by weight.

    Attributes:
        weights: account and weight, in the accounts' order; another set begins anew.
        chosen: how often, in the same order.
    """

    weights: tuple[tuple[AccountId, int], ...]
    chosen: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Where turns go on among the accounts of one rule or pool: each has its own.

    Attributes:
        newest: whom the strategy named last.
        shares: what `weighted` remembers of it.
    """

    newest: AccountId
    shares: Shares | None = None


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Use:
    """Send it with this account. Not frozen only because of ADR 0021; nobody writes to it.

    Attributes:
        account: the choice.
        reason: the rule that chose it.
        moved_from: the thread's owner until now, when the thread moves.
        verdicts: one for each account, in the accounts' order.
        strategy: which one was asked; empty when the choice was made before.
        shares: what the strategy `weighted` wants remembered of this choice.
        rule: the rule that counted; None: none did.
        pool: whose accounts might serve: the rule's, else the caller's; None: anybody's.
    """

    account: AccountId
    reason: UseReason
    moved_from: AccountId | None
    verdicts: tuple[Verdict, ...]
    strategy: str = ""
    shares: Shares | None = None
    rule: RuleNumber | None = None
    pool: PoolId | None = None

    @property
    def among(self) -> str:
        """Whose turns these are (`Observed.turns`); empty: everybody's."""
        return among(self.rule, self.pool)


class WaitReason(StrEnum):
    """Why a request is held for a moment instead of being sent or refused."""

    POOL_PAUSED = "pool_paused"
    """Several accounts failed at once: nobody is asked for some seconds."""
    CHALLENGED = "network_challenged"
    """The network in front of the back end turns us away: nobody is asked for some seconds."""
    OWNER = "owner_waits"
    """The thread lives on an account that is back soon, and shall not move."""
    ASKED = "asked"
    """The user is asked whether the thread may move; after a minute it does."""
    NEAR_RESET = "near_reset"
    """Nobody may serve now, and somebody will very soon (`routing.wait_for_reset_s`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Hold the request, then decide again.

    Attributes:
        reason: why.
        until: when it is decided again at the latest.
        account: whom it waits for; None = anybody.
        verdicts: one for each account.
        rule: the rule that counted; None: none did.
        pool: whose accounts might serve: the rule's, else the caller's; None: anybody's.
    """

    reason: WaitReason
    until: datetime
    account: AccountId | None
    verdicts: tuple[Verdict, ...]
    rule: RuleNumber | None = None
    pool: PoolId | None = None


class RefuseReason(StrEnum):
    """Why no account may serve."""

    NO_ACCOUNT = "no_account"
    ALL_WAITING = "all_waiting"
    """At least one would serve at a known time."""
    OWNER_WAITS = "owner_back_later"
    """The thread shall not leave its account, which serves again at a known time."""
    PINNED = "pinned"
    """The user pinned the thread to an account that cannot serve, nobody knows how long."""
    ALL_SIGNED_OUT = "all_signed_out"
    ALL_OUT_OF_SERVICE = "all_out_of_service"
    """The back end calls every workspace gone."""
    FORCED_ACCOUNT_UNAVAILABLE = "forced_account_unavailable"
    """`stay` names an account that may not serve."""
    PAUSED = "paused"
    """The user paused or disabled what is left."""
    ALL_RESERVED = "all_reserved"
    """What is left anywhere is kept in reserve; the user's hand may use it."""
    BUDGET = "budget_reached"
    """A budget of the user's is used up: the work's, or every account's that might serve it."""
    ALL_FAILING = "all_failing"
    """Every account that may serve was tried and failed."""
    LOCKED = "vault_locked"
    TIME_BUDGET = "time_budget"
    RULE_FOLDER = "rule_folder"
    """No rule covers the folder, and such folders are refused."""
    RULE_NO_FOLDER = "rule_no_folder"
    """Nobody said which folder it is, and unknown ones are refused."""
    RULE_MODEL = "rule_model"
    """The rule that counts does not let this model be asked for."""
    RULE_ACCOUNTS = "rule_accounts"
    """The accounts that a rule or a token lets serve are none of those that may."""
    RULES_UNREADABLE = "rules_unreadable"
    """The stored rules are damaged."""


BY_RULE = frozenset(
    {
        RefuseReason.RULE_FOLDER,
        RefuseReason.RULE_NO_FOLDER,
        RefuseReason.RULE_MODEL,
        RefuseReason.RULE_ACCOUNTS,
        RefuseReason.RULES_UNREADABLE,
    }
)
"""Reasons that no waiting and no account helps against: the user's own rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """No account may serve now.

    Attributes:
        reason: why.
        until: the first time at which an account may serve again; None = unknown.
        account: the account of that time, or the forced one.
        verdicts: one for each account.
        rule: the rule that counted; None: none did.
        pool: whose accounts might serve: the rule's, else the caller's; None: anybody's.
        subject: the folder or the model that a rule's refusal is about; a budget's number.
    """

    reason: RefuseReason
    until: datetime | None
    account: AccountId | None
    verdicts: tuple[Verdict, ...]
    rule: RuleNumber | None = None
    pool: PoolId | None = None
    subject: str = ""


type Decision = Use | Wait | Refuse
