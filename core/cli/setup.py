"""`turntable setup`: from nothing to a routed Codex in one go; each change is named before."""

import sys
from collections.abc import MutableMapping
from typing import TextIO

from core.cli.asking import QUESTIONS, agreed, ask
from core.cli.calling import call
from core.cli.login import run_login
from core.cli.reader import Reader, entries, record
from core.cli.render import render
from core.control.commands import VERBS
from core.control.facade import JsonValue
from core.control.speaking import speech_of
from core.domain.errors import CoreError, ExitCode
from core.runtime.clock import SystemClock
from core.startup.program import start_in_background

_SIGN_IN: dict[str, JsonValue] = {"browser": False, "device": False, "paste": False}


class _Setup:
    """One person's setup: verbs in a row, each as if it had been typed."""

    def __init__(
        self, environment: MutableMapping[str, str], passphrase: str | None, out: TextIO
    ) -> None:
        self._environment = environment
        self._out = out
        self._speech = speech_of(environment)
        self.passphrase = passphrase

    def perform(self, verb: str, **typed: JsonValue) -> dict[str, JsonValue]:
        """The verb's answer."""
        return call(VERBS[verb], typed, self._environment, self.passphrase, may_ask=False)

    def print(self, *lines: object) -> None:
        """Lines for the person; empty ones are left out."""
        for line in lines:
            if line:
                print(line, file=self._out, flush=True)

    def say(self, sentence: str) -> None:
        """A line of our own."""
        self.print(self._speech.say(sentence))

    def agreed(self) -> bool:
        """Whether the person wants it; no answer is no."""
        return agreed(self._speech, self._out)

    def show(self, verb: str, result: dict[str, JsonValue]) -> None:
        """A verb's answer as it is shown when it is typed."""
        self.print(render(verb, result, Reader(speech=self._speech, now=SystemClock().now())))

    def sign_in(self, *, device: bool) -> None:
        """Add the first account; one that is there already is enough."""
        if not entries(self.perform("accounts")["accounts"]):
            typed = {**_SIGN_IN, "device": device}
            run_login(self._environment, self.passphrase, typed, as_json=False, out=self._out)

    def serve(self) -> None:
        """See to it that a Turntable runs, with its logins open."""
        status = self.perform("status")
        if status["running"]:
            return
        backend = record(status["vault"])["backend"]
        if backend == "passphrase" and self.passphrase is None and sys.stdin.isatty():
            # Typed at the sign-in already, where it is not kept: the server needs it too.
            self.passphrase = ask(QUESTIONS["locked"], self._speech)
        start_in_background("serve", environment=self._environment, passphrase=self.passphrase)


def run_setup(
    environment: MutableMapping[str, str],
    passphrase: str | None,
    *,
    device: bool,
    startup: bool,
    yes: bool,
    out: TextIO,
) -> int:
    """Sign in, route Codex, start at login, and say how things stand.

    Args:
        environment: the process's own, without the passphrase.
        passphrase: opens the vault.
        device: sign in by a code, for a machine without a browser.
        startup: start at login.
        yes: nobody is asked.
        out: where it is told.

    Raises:
        CoreError: `usage` where nobody can be asked, or as a step fails; what was done before it
            stays, and the next `setup` goes on from there.
    """
    setup = _Setup(environment, passphrase, out)
    plan = setup.perform("bind", dry_run=True)
    setup.say("Turntable will:")
    setup.say("  sign in an account, if there is none yet")
    setup.say("  route Codex through it, by one key that `turntable unbind` takes back:")
    setup.print(*(f"    {line}" for line in str(plan["diff"]).splitlines()))
    setup.print(*(f"    {line}" for line in entries(plan["messages"])))
    if startup:
        setup.say("  start at login, until `turntable startup disable`")
    if not (yes or (_may_ask() and setup.agreed())):
        setup.say("Nothing was changed.")
        return int(ExitCode.DONE)
    setup.sign_in(device=device)
    setup.serve()
    setup.show("bind", setup.perform("bind"))
    if startup:
        setup.show("startup", setup.perform("startup", action="enable"))
    setup.show("status", setup.perform("status"))
    return int(ExitCode.DONE)


def _may_ask() -> bool:
    if not sys.stdin.isatty():
        raise CoreError(
            "usage",
            "Nobody can be asked here; nothing was changed.",
            "`turntable setup --yes` goes on without asking.",
            exit_code=ExitCode.USAGE,
        )
    return True
