"""A sign-in that ends as an account: the steps of `core.oauth.login`, then secret and row."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from core.accounts.look import Connect, look
from core.accounts.roster import Admitted, Candidate
from core.codex_home.auth_json import CodexLogin
from core.domain.account import Account, Refresher
from core.domain.credentials import Grant
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.oauth.login import Obtained, Redeeming, Step, TypeCode, Unproven, Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The last step: what became of the login. Its refresh token is ours to present."""

    admitted: Admitted


type JoinStep = Visit | TypeCode | Unproven | Redeeming | Joined


async def join(
    steps: AsyncGenerator[Step],
    *,
    admit: Callable[[Candidate], Awaitable[Admitted]],
    connect: Connect,
    base_url: str | None,
    again: Account | None = None,
    label: str = "",
) -> AsyncGenerator[JoinStep]:
    """The steps of a sign-in; its login joins the accounts before the last one.

    Args:
        steps: one sign-in of `core.oauth.login.SignIn`.
        admit: takes it in, as `Roster.admit` does.
        connect: makes HTTP clients, for the workspace's name.
        base_url: the back end's address; None: it may not be asked.
        again: the account that shall be signed in again; another identity is refused.
        label: what the user calls it; empty = made from the login.

    Raises:
        CoreError: as the sign-in, the vault or the disk fail; `another_account`. The accounts are
            as they were.
    """
    admitted: Admitted | None = None
    async with aclosing(steps):
        async for step in steps:
            if isinstance(step, Obtained):
                _require_same(step.login, again)
                admitted = await admit(
                    Candidate(
                        login=step.login,
                        refresher=Refresher.TURNTABLE,
                        source=None,
                        workspace_name=await _workspace_name(connect, base_url, step.login),
                        label=label,
                    )
                )
            else:
                yield step
    if admitted is not None:
        yield Joined(admitted=admitted)


def _require_same(login: CodexLogin, again: Account | None) -> None:
    if again is None or again.identity == login.identity:
        return
    who = login.email or login.identity.user
    raise CoreError(
        "another_account",
        Sentence(
            "You signed in as {who}, not as #{number} {label}; nothing was changed.",
            who=who,
            number=again.number,
            label=again.label,
        ),
        "Sign in as that user, in that workspace; or add the other one with `turntable login`.",
        exit_code=ExitCode.SIGN_IN_NEEDED,
    )


async def _workspace_name(connect: Connect, base_url: str | None, login: CodexLogin) -> str:
    if base_url is None:
        return ""
    grant = Grant(
        access_token=login.credentials.access_token,
        workspace=login.identity.workspace,
        fedramp=login.fedramp,
        expires_at=login.credentials.expires_at,
    )
    return (await look(connect, base_url, grant)).workspace_name
