"""switch: Codex's own login changed on purpose, with a receipt, and undone."""

import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.accounts.find import find_account
from core.app import App
from core.codex_home.app_server import CodexAccount, app_server
from core.codex_home.find import find_program
from core.control.verb import Arguments
from core.domain.account import AccountId
from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence
from core.switch.desktop_app import desktop_app
from core.switch.preflight import ALLOWED_METHODS, Config, config_in_file, running_codex
from core.switch.receipt import Receipt, Result, Step
from core.switch.record import Records
from core.switch.reopening import reopened
from core.switch.switcher import Surroundings, Switcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """The answer of `switch`.

    Attributes:
        account: our id of the account whose login Codex has now, or would have.
        displaced: our id of the one that it had before; it is kept.
        steps: each check and act: done, planned, skipped or failed, and why.
        dry_run: nothing was written.
        exit_code: 1 when Codex does not have the wanted login.
        messages: the same, in sentences.
    """

    account: str | None
    displaced: str | None
    steps: tuple[Step, ...]
    dry_run: bool
    exit_code: int
    messages: tuple[str, ...]


async def switch(app: App, arguments: Arguments) -> Switched:
    """Give Codex an account's login, or take the last switch back.

    Raises:
        CoreError: why it was refused; Codex's login is what it was.
    """
    named, undo = arguments.text("account"), arguments.flag("undo")
    if (named is None) is not undo:
        raise CoreError(
            "usage",
            "Name an account, or --undo, and not both.",
            "`turntable switch --help` says more.",
            exit_code=ExitCode.USAGE,
        )
    account = None if named is None else find_account(app.state, named)
    app.offer(arguments.text("passphrase"))
    await app.unlock()
    switcher = _switcher(app, _existing(app.codex_home(arguments.text("codex_home"))))
    dry_run = arguments.flag("dry_run")

    async def act() -> Receipt:
        if account is None:
            return await switcher.undo(dry_run=dry_run)
        return await switcher.switch(account, dry_run=dry_run)

    if arguments.flag("reopen"):
        receipt = await reopened(desktop_app(app.environment, app.user_home), act, dry_run=dry_run)
    else:
        receipt = await act()
    return Switched(
        account=receipt.account,
        displaced=receipt.displaced,
        steps=receipt.steps,
        dry_run=dry_run,
        exit_code=int(ExitCode.DONE if receipt.done else ExitCode.FAILED),
        messages=tuple(_told(app, receipt, dry_run=dry_run)),
    )


def _existing(home: Path) -> Path:
    if not home.is_dir():
        raise CoreError(
            "home_missing",
            Sentence("{home} does not exist; nothing was changed.", home=home),
            "Start Codex once, or name its folder in CODEX_HOME.",
        )
    return Path(os.path.realpath(home))


def _switcher(app: App, home: Path) -> Switcher:
    program = find_program(app.environment)
    return Switcher(
        home,
        store=app.folder.store,
        vault=app.folder.vault,
        roster=app.joining.roster,
        records=Records(app.home.switches),
        world=surroundings(program, home, app.environment, landed=app.joining.landed),
        clock=app.clock,
    )


def surroundings(
    program: Path | None,
    home: Path,
    env: Mapping[str, str],
    *,
    landed: Callable[[AccountId], Awaitable[None]],
) -> Surroundings:
    """The world of one home: its Codex is asked, where there is one (`program`)."""

    async def config() -> Config:
        if program is None:
            return config_in_file(home)
        async with app_server(program, home=home, env=env) as server:
            in_force = await server.config_read()
            return {**in_force, ALLOWED_METHODS: await server.allowed_login_methods()}

    async def who() -> CodexAccount | None:
        if program is None:
            return None
        async with app_server(program, home=home, env=env) as server:
            return await server.account_read()

    return Surroundings(config=config, running=lambda: running_codex(home), who=who, landed=landed)


_NAMES = {
    "quit": "Codex's app is closed",
    "store": "Codex keeps its login in a file",
    "forced": "the configuration allows this login",
    "running": "no Codex runs with this home",
    "account": "the login is ours to hand out",
    "tokens": "its tokens are fresh",
    "file": "the old login can be read",
    "keep": "the old login is kept here",
    "lend": "the new login is Codex's from now on",
    "write": "auth.json is written under Codex's own locks",
    "verify": "Codex itself says who is signed in",
    "own": "the old login is refreshed here from now on",
    "roll back": "auth.json is as it was before",
    "open": "Codex's app is open again",
}
_SIGNS = {Result.DONE: "✓", Result.PLANNED: "·", Result.SKIPPED: "–", Result.FAILED: "✗"}


def _told(app: App, receipt: Receipt, *, dry_run: bool) -> Iterator[str]:
    for step in receipt.steps:
        yield f"{_SIGNS[step.result]} {app.speech.say(_NAMES[step.name])}"
        if step.because:
            yield f"    {app.speech.retell(step.because)}"
    if not receipt.done:
        yield app.speech.say("Codex’s login in {home} is not switched.", home=receipt.home)
        return
    if dry_run:
        return
    if receipt.account is None:
        yield app.speech.say("Codex in {home} is signed out, as it was before.", home=receipt.home)
        return
    label = app.state.accounts[receipt.account].label
    yield app.speech.say(
        "Codex in {home} has the login of {label} now; `turntable switch --undo` takes it back.",
        home=receipt.home,
        label=label,
    )
