"""May this account serve this request; if not, why, and until when. One verdict an account."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.account import NO_RESERVE, Account, AccountId
from core.domain.decision import AccountState, Because, Verdict
from core.domain.health import lasting
from core.domain.observed import Observed
from core.domain.quota import Quota
from core.routing.headroom import at_reserve

_WAITING = frozenset({
    Because.USAGE_LIMIT,
    Because.RATE_LIMIT,
    Because.NOT_INCLUDED,
    Because.QUOTA,
    Because.SKIPPED,
})  # fmt: skip
_NOTHING_KNOWN = Quota()


@dataclass(slots=True, kw_only=True)
class Terms:
    """What one request adds to how the accounts stand (not frozen: see ADR 0021).

    Attributes:
        model: the model that is asked for; empty looks only at what concerns all models.
        owner: the account that the thread lives on.
        forced: the only account that may serve; None = any.
        pinned: whether it is the thread's pin that forces it, and not the rotation.
        by_hand: the account that the user named; its reserve may be used.
        tried: accounts that this request was sent with already.
    """

    model: str = ""
    owner: AccountId | None = None
    forced: AccountId | None = None
    pinned: bool = False
    by_hand: AccountId | None = None
    tried: frozenset[AccountId] = frozenset()


NO_TERMS = Terms()


def standing(account: Account, observed: Observed, *, model: str, now: datetime) -> Verdict:
    """How the account stands at `now`, in the order of precedence of `AccountState`.

    Args:
        account: whose verdict.
        observed: what was learned.
        model: the model that is asked for; empty looks only at what concerns all models.
        now: aware UTC.
    """
    return verdict(account, observed, NO_TERMS if not model else Terms(model=model), now=now)


def shown_standing(account: Account, observed: Observed, *, now: datetime) -> Verdict:
    """How the account stands for people: a doubt about its login goes before what will pass.

    Such an account serves all the same, as long as its access token lives; and one whose token
    could not be renewed may, as soon as the network is back. `standing` and `verdict` say so to
    whoever decides.
    """
    stands = standing(account, observed, model="", now=now)
    if stands.state in (AccountState.DISABLED, AccountState.NEEDS_SIGN_IN):
        return stands
    if (doubt := observed.unverified.get(account.id)) is not None:
        return stands._replace(state=AccountState.UNVERIFIED, because=doubt, until=None)
    if stands.state is AccountState.READY and account.id in observed.unrenewed:
        return stands._replace(state=AccountState.FAILING, because=Because.NOT_RENEWED)
    return stands


def verdict(account: Account, observed: Observed, terms: Terms, *, now: datetime) -> Verdict:
    """The account's verdict for one request: its standing, and what this request adds.

    Args:
        account: whose verdict.
        observed: what was learned.
        terms: what the request adds.
        now: aware UTC.
    """
    stands = _standing(account, observed, terms, now)
    if stands is not None:
        return stands
    if terms.forced is not None and account.id != terms.forced:
        because = Because.NOT_THE_PINNED_ONE if terms.pinned else Because.NOT_THE_STAYED_ONE
        return _no(account.id, AccountState.READY, because)
    if account.id in terms.tried:
        return _no(account.id, AccountState.READY, Because.ALREADY_TRIED)
    return Verdict(account.id, True, AccountState.READY, Because.READY)


def _standing(account: Account, observed: Observed, terms: Terms, now: datetime) -> Verdict | None:
    """Why the account may not serve, whoever asks; None when it may."""
    if not account.enabled:
        return _no(account.id, AccountState.DISABLED, Because.DISABLED_BY_USER)
    signed_out = observed.signed_out.get(account.id)
    if signed_out is not None:
        return _no(account.id, AccountState.NEEDS_SIGN_IN, signed_out)
    blocks = observed.blocks.get(account.id)
    block = lasting(blocks, terms.model, now) if blocks else None
    if block is not None and block.because is Because.GONE:
        return _no(account.id, AccountState.OUT_OF_SERVICE, Because.GONE, block.until)
    if account.paused:
        return _no(account.id, AccountState.PAUSED, Because.PAUSED_BY_USER)
    if account.draining and terms.owner != account.id:
        return _no(account.id, AccountState.DRAINING, Because.DRAINING)
    if block is not None and block.because in _WAITING:
        of_model = block.model and block.because is Because.USAGE_LIMIT
        because = Because.MODEL_LIMIT if of_model else block.because
        return _no(account.id, AccountState.WAITING, because, block.until)
    over = observed.used_up.accounts.get(account.id)
    if over is not None and over.until > now:
        return _no(account.id, AccountState.WAITING, Because.BUDGET, over.until)
    reserve = account.reserve
    if reserve is not NO_RESERVE and reserve.any and terms.by_hand != account.id:
        kept = at_reserve(account, observed.quotas.get(account.id, _NOTHING_KNOWN), now)
        if kept is not None:
            return _no(account.id, AccountState.WAITING, Because.RESERVED, kept.resets_at)
    if block is not None:  # last: such an account is asked where nobody else is left
        return _no(account.id, AccountState.FAILING, block.because, block.until)
    return None


def _no(
    account: AccountId, state: AccountState, because: Because, until: datetime | None = None
) -> Verdict:
    return Verdict(account=account, eligible=False, state=state, because=because, until=until)
