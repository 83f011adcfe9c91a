"""What a login becomes when it joins the accounts: its id, number and label. Pure."""

import base64
import itertools
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from core.codex_home.auth_json import CodexLogin
from core.domain.account import Account, AccountId, Refresher
from core.domain.state import State

LONGEST_LABEL = 64
"""Characters of a label."""
ID_BYTES = 10
"""Random bytes of an account's own id."""


def account_id_from(draw: bytes) -> AccountId:
    """An id of ours made of `ID_BYTES` random bytes."""
    return AccountId("acc_" + base64.b32encode(draw).decode("ascii").lower())


def new_account(
    state: State,
    login: CodexLogin,
    *,
    account_id: AccountId,
    refresher: Refresher,
    source: str | None,
    workspace_name: str,
    label: str,
    now: datetime,
) -> Account:
    """The row of a login that `state` does not know yet: next number, a label nobody else has.

    An empty `label` is made from the login.
    """
    taken = [account.label for account in state.accounts.values()]
    return Account(
        id=account_id,
        number=state.next_number,
        identity=login.identity,
        label=unique_label((label,) if label else _suggestions(login, workspace_name), taken),
        email=login.email,
        plan=login.plan,
        fedramp=login.fedramp,
        refresher=refresher,
        source=source,
        workspace_name=workspace_name,
        enabled=True,
        paused=False,
        added_at=now,
    )


def updated_account(
    account: Account,
    login: CodexLogin,
    *,
    refresher: Refresher,
    source: str | None,
    workspace_name: str,
) -> Account:
    """The row after the same identity came again: what the user chose about it stays.

    What the new login does not say is kept as it was known.
    """
    return replace(
        account,
        email=login.email or account.email,
        plan=login.plan or account.plan,
        fedramp=login.fedramp,
        refresher=refresher,
        source=source,
        workspace_name=workspace_name or account.workspace_name,
    )


def unique_label(wanted: Iterable[str], taken: Iterable[str]) -> str:
    """The first of `wanted` that no label in `taken` equals; else the first with a number: `ada 2`.

    Labels that differ only by case count as equal, because people type them.
    """
    folded = {label.casefold() for label in taken}
    names = [" ".join(name.split())[:LONGEST_LABEL] for name in wanted]
    names = [name for name in names if name] or ["Account"]
    numbered = (f"{names[0]} {number}" for number in itertools.count(2))
    for name in itertools.chain(names, numbered):
        if name.casefold() not in folded:
            return name
    raise AssertionError("the numbers do not end")


def _suggestions(login: CodexLogin, workspace_name: str) -> tuple[str, ...]:
    """Who signs in; where that is taken, the workspace's own name; the plan where both are silent.

    Two workspaces of one e-mail are thus told apart by words, not by numbers.
    """
    who = login.email.partition("@")[0]
    workspace = "" if workspace_name.casefold() == "personal" else workspace_name
    return (who, workspace) if who or workspace else (login.plan.capitalize(),)
