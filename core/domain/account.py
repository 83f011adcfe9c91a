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
class Reserve:
    """Per cent of a window that automation leaves untouched; `use` and `stay` by hand may not."""

    session: float = 0.0
    week: float = 0.0
    month: float = 0.0

    @property
    def any(self) -> bool:
        """Whether anything is kept at all."""
        return self.session > 0 or self.week > 0 or self.month > 0


NO_RESERVE = Reserve()


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
        draining: a draining account serves the threads that live on it, and no other.
        weight: its share under the strategy `weighted`, against the others'.
        reserve: what automation leaves untouched.
        tags: the user's own words, each once, in alphabetical order.
        note: the user's own sentence.
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
    draining: bool = False
    weight: int = 1
    reserve: Reserve = NO_RESERVE
    tags: tuple[str, ...] = ()
    note: str = ""
