"""`turntable codex`: the installed Codex through the proxy for one run; no file is touched."""

import asyncio
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path

from core.cli.attended import attend, end_alike
from core.codex_home.find import find_program, home_in_force
from core.control.remote import RemoteFacade
from core.domain.errors import CoreError, ExitCode
from core.runtime.passphrase import take_further
from core.runtime.paths import Home, turntable_home

IDLE_EXIT = "10m"
"""How long the server that we have started outlives its last run."""
_LOOPBACK = ("127.0.0.1", "localhost")


def run_codex(
    environment: MutableMapping[str, str],
    passphrase: str | None,
    *,
    account: str | None,
    direct: bool,
    words: Sequence[str],
) -> int:
    """Run Codex once and end as it ends.

    Args:
        environment: the process's own, without the passphrase; Codex inherits it, and no other
            secret of ours either.
        passphrase: for the server that is started where none runs.
        account: the one account that may serve; the run fails rather than use another login.
        direct: past the proxy, with Codex's own login.
        words: Codex's own arguments.

    Returns:
        Codex's own exit code.

    Raises:
        CoreError: Codex was not started.
    """
    if direct and account is not None:
        raise CoreError(
            "usage",
            "--direct goes past every account of Turntable; --account names one.",
            "Leave one of them out.",
            exit_code=ExitCode.USAGE,
        )
    take_further(environment)  # what Codex inherits holds none of our secrets
    program = find_program(environment)
    if program is None:
        raise CoreError(
            "codex_missing",
            "No Codex is installed here: there is no `codex` on PATH.",
            "Install it, or add its folder to PATH.",
        )
    if direct:
        overrides = _past_us(environment)
        return end_alike(attend([str(program), *overrides, *words], environment))
    from core.binding.run_once import run_lock

    home = turntable_home(environment)
    home.create()
    with run_lock(home.run) as run:
        address = asyncio.run(_address(home, environment, passphrase, run, account))
        overrides = _through(address)
        if account is not None:
            asyncio.run(_insist(program, overrides, environment, address))
        command = [str(program), *overrides, *words]
        code = attend(command, _asking_no_proxy_for_loopback(environment))
    return end_alike(code)


async def _address(
    home: Home,
    environment: Mapping[str, str],
    passphrase: str | None,
    run: str,
    account: str | None,
) -> str:
    """Where this run is sent; a server is started where none runs."""
    remote = RemoteFacade(home.control)
    wish = {"run": run} if account is None else {"run": run, "account": account}
    try:
        answer = await remote.perform("codex", wish)
    except CoreError as error:
        if error.code != "owner_not_running":
            raise
        from core.startup.program import start_in_background

        start_in_background(
            "serve", "--idle-exit", IDLE_EXIT, environment=environment, passphrase=passphrase
        )
        answer = await remote.perform("codex", wish)
    return str(answer["address"])


def _through(address: str) -> tuple[str, ...]:
    """Codex's overrides for one run; its words are TOML, and an address needs no escapes."""
    return ("-c", 'model_provider="openai"', "-c", f'openai_base_url="{address}"')


async def _insist(
    program: Path, overrides: Sequence[str], environment: Mapping[str, str], address: str
) -> None:
    """Ask Codex itself whether it would come to us: an account was named, and no other may serve.

    Raises:
        CoreError: `not_in_force`, or as Codex cannot be asked.
    """
    from core.codex_home.app_server import ANSWER_S, AppServer
    from core.codex_home.program import NO_REFRESH, running
    from core.codex_home.program import environment as codex_environment

    home = home_in_force(environment, Path.home())
    asking = codex_environment(environment, home) | NO_REFRESH
    async with running(program, *overrides, "app-server", env=asking) as conversation:
        server = AppServer(conversation, answer_s=ANSWER_S)
        await server.initialize()
        providers = await server.model_providers()
    if providers.base_urls.get(providers.default) != address:
        raise CoreError(
            "not_in_force",
            "Codex would not go through Turntable, so the account could not be kept to; "
            "it was not started.",
            "A managed requirement may force another address.",
            exit_code=ExitCode.LEFT_ALONE,
        )


def _past_us(environment: Mapping[str, str]) -> tuple[str, ...]:
    """What sends a bound Codex where it would go without us; nothing when it is not bound."""
    from core.binding.direct import address_without_us

    home = home_in_force(environment, Path.home())
    address = address_without_us(turntable_home(environment).binds, home)
    return () if address is None else ("-c", f"openai_base_url={address}")


def _asking_no_proxy_for_loopback(environment: Mapping[str, str]) -> dict[str, str]:
    """An egress proxy would be sent what is meant for this machine (PROTOCOL §3)."""
    env = dict(environment)
    named = {name.lower() for name, value in environment.items() if value}
    if named & {"http_proxy", "https_proxy", "all_proxy"}:
        for name in ("NO_PROXY", "no_proxy"):
            given = environment.get(name) or environment.get(name.swapcase()) or ""
            env[name] = ",".join(dict.fromkeys([*filter(None, given.split(",")), *_LOOPBACK]))
    return env
