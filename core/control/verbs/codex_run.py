"""codex: an address for one run of Codex, which dies with the process that asked for it."""

from dataclasses import dataclass

from core.accounts.find import find_account
from core.app import App
from core.binding.address import base_address
from core.control.verb import Arguments
from core.domain.errors import CoreError, ExitCode


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAddress:
    """Where one run of Codex is sent.

    Attributes:
        address: Codex's base address; counts as a secret.
        account: our id of the one account that may serve it; None: any.
        label: what that account is called.
    """

    address: str
    account: str | None
    label: str


async def codex(app: App, arguments: Arguments) -> RunAddress:
    """Give the run that holds this lock a secret of its own.

    Raises:
        CoreError: `usage` without a run, `no_such_run`, `owner_not_running`, or as an account is
            not found.
    """
    run, named = arguments.text("run"), arguments.text("account")
    if run is None or arguments.flag("direct"):
        raise CoreError(
            "usage",
            "Codex is started from a terminal: it needs one.",
            "`turntable codex --help` says more.",
            exit_code=ExitCode.USAGE,
        )
    if app.port is None:
        raise CoreError(
            "owner_not_running",
            "There is no proxy to send Codex to.",
            exit_code=ExitCode.OWNER_NOT_RUNNING,
        )
    account = None if named is None else find_account(app.state, named)
    known = app.leases.runs.begin(run, None if account is None else account.id)
    return RunAddress(
        address=base_address(app.port, known.secret),
        account=None if account is None else account.id,
        label="" if account is None else account.label,
    )
