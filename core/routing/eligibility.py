"""May this account serve this request; if not, why, and until when. One verdict an account."""

from datetime import datetime

from core.domain.account import Account, AccountId
from core.domain.decision import AccountState, Because, Verdict
from core.domain.facts import Facts
from core.domain.observed import Observed, block_at

_WAITING = frozenset({Because.USAGE_LIMIT, Because.RATE_LIMIT, Because.NOT_INCLUDED, Because.QUOTA})


def standing(account: Account, observed: Observed, *, model: str, now: datetime) -> Verdict:
    """How the account stands at `now`, in the order of precedence of `AccountState`.

    Args:
        account: whose verdict.
        observed: what was learned.
        model: the model that is asked for; empty looks only at what concerns all models.
        now: aware UTC.
    """
    if not account.enabled:
        return _no(account.id, AccountState.DISABLED, Because.DISABLED_BY_USER)
    signed_out = observed.signed_out.get(account.id)
    if signed_out is not None:
        return _no(account.id, AccountState.NEEDS_SIGN_IN, signed_out)
    block = block_at(observed, account.id, model, now)
    if block is not None and block.because is Because.GONE:
        return _no(account.id, AccountState.OUT_OF_SERVICE, Because.GONE, block.until)
    if account.paused:
        return _no(account.id, AccountState.PAUSED, Because.PAUSED_BY_USER)
    if block is not None and block.because in _WAITING:
        return _no(account.id, AccountState.WAITING, block.because, block.until)
    if block is not None:
        return _no(account.id, AccountState.FAILING, block.because, block.until)
    return Verdict(
        account=account.id, eligible=True, state=AccountState.READY, because=Because.READY
    )


def verdict(
    account: Account,
    observed: Observed,
    facts: Facts,
    *,
    forced: AccountId | None,
    tried: frozenset[AccountId],
    now: datetime,
) -> Verdict:
    """The account's verdict for one request: its standing, and what this request adds.

    Args:
        account: whose verdict.
        observed: what was learned.
        facts: the request.
        forced: the only account that may serve (`stay`); None = any.
        tried: accounts that this request was sent with already.
        now: aware UTC.
    """
    stands = standing(account, observed, model=facts.model, now=now)
    if not stands.eligible:
        return stands
    if forced is not None and account.id != forced:
        return _no(account.id, stands.state, Because.NOT_THE_STAYED_ONE)
    if account.id in tried:
        return _no(account.id, stands.state, Because.ALREADY_TRIED)
    return stands


def _no(
    account: AccountId, state: AccountState, because: Because, until: datetime | None = None
) -> Verdict:
    return Verdict(account=account, eligible=False, state=state, because=because, until=until)
