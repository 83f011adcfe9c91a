"""An account: one ChatGPT user in one workspace, and what the user calls it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

AccountId = NewType("AccountId", str)
"""Our own random id (`acc_…`): never a position, never an e-mail, never reused."""


class Refresher(StrEnum):
    """Who may present a login's single-use refresh token."""

    TURNTABLE = "turntable"
    """Signed in here: only our refresh lane spends it."""
    ELSEWHERE = "elsewhere"
    """Imported, or switched into Codex: its source spends it, we never do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What makes two logins the same account.

    Attributes:
        user: `chatgpt_user_id`, or the e-mail where the claims name no user.
        workspace: `chatgpt_account_id`; never an `org-…` id. Members of one Team share it.
    """

    user: str
    workspace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the user keeps of one account. Tokens are not here (`core.domain.credentials`).

    Attributes:
        id: random and stable.
        number: the `#N` that people type; given once, never reused.
        identity: user and workspace.
        label: the user's own name for it; unique among accounts.
        email: as the claims say; empty when they say none.
        plan: `plus`, `team`, …; unknown words are kept as they came.
        fedramp: whether requests carry `x-openai-fedramp: true`.
        refresher: who may spend its refresh token.
        source: for `elsewhere`, the auth.json that its access token is read from again.
        workspace_name: as the back end calls the workspace; empty when unknown.
        enabled: a disabled account gets no request and no refresh.
        paused: a paused account gets no request; its tokens are kept fresh.
        added_at: when it came here.
    """

    id: AccountId
    number: int
    identity: Identity
    label: str
    email: str
    plan: str
    fedramp: bool
    refresher: Refresher
    source: str | None
    workspace_name: str
    enabled: bool
    paused: bool
    added_at: datetime
