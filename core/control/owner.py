"""An engine that a face runs: the app served in this process, and the endpoint beside it."""

import logging
from collections.abc import MutableMapping
from pathlib import Path

from core.app import App
from core.control.child import Child, start_child
from core.control.endpoint import Endpoint
from core.control.facade import Facade
from core.control.local import LocalFacade
from core.control.remote import RemoteFacade
from core.control.speaking import speech_of
from core.control.telling import Teller
from core.domain.errors import CoreError
from core.runtime.clock import SystemClock
from core.runtime.logs import start_logging, stop_logging
from core.runtime.passphrase import take_passphrase
from core.runtime.paths import turntable_home
from core.runtime.process import settle_to_serve


class Owner:
    """Runs an app from `start` to `close`, with its control endpoint and its log."""

    def __init__(self, app: App, *, mode: str) -> None:
        """`mode` is `tray` or `serve`."""
        self.app = app
        local = LocalFacade(app)
        self.facade: Facade = local
        self._mode = mode
        self._log: logging.Handler | None = None
        self._endpoint = Endpoint(app.home.control, local)
        self._teller = Teller(app, local)

    async def start(self) -> None:
        """Serve, then let others reach it.

        Raises:
            CoreError: as `App.serve`; nothing is left running.
        """
        self.app.home.create()
        self._log = start_logging(self.app.home.log, self.app.settings.log.level)
        try:
            await self.app.serve(self._mode)
            await self._endpoint.start()
            self._teller.start()
        except BaseException:
            await self._end()
            raise

    async def close(self) -> None:
        """Take no more calls and give Codex back; then end everything else."""
        self.app.request_stop()
        await self._end()

    async def _end(self) -> None:
        try:
            # First, while the lock is held: the next owner listens at the same address.
            await self._endpoint.close()
            await self._teller.close()
        finally:
            try:
                await self.app.close()
            finally:
                log, self._log = self._log, None
                if log is not None:
                    stop_logging(log)


def make_app(environment: MutableMapping[str, str], *, passphrase: str | None) -> App:
    """The app of this user, as the environment describes it."""
    home = turntable_home(environment)
    return App(
        home=home,
        environment=environment,
        user_home=Path.home(),
        clock=SystemClock(),
        speech=speech_of(environment),
        passphrase=passphrase,
    )


async def open_engine(
    environment: MutableMapping[str, str], *, passphrase: str | None = None, beside: bool = False
) -> Owner | Child | RemoteFacade | None:
    """For a face with a window: attach to the owner that runs, or become the owner.

    Args:
        environment: the process's own; a passphrase is taken out of it.
        passphrase: opens the vault where the environment names none.
        beside: the engine gets a process of its own.

    Returns:
        An `Owner` that was started (close it), or a `Child` (stop it); the façade of a `serve` that
        runs; or None: another tray runs, it has come to the front, and there is nothing more to do.

    Raises:
        CoreError: as `Owner.start` or `start_child`.
    """
    remote = RemoteFacade(turntable_home(environment).control)
    passphrase = take_passphrase(environment) or passphrase
    if not await remote.answers():
        try:
            if beside:
                return await start_child(environment, passphrase=passphrase)
            return await _started(Owner(make_app(environment, passphrase=passphrase), mode="tray"))
        except CoreError as error:
            # Two started at once (a double click): the other one has the folder by now.
            if error.code != "owned" or not await remote.answers():
                raise
    status = await remote.status()
    if status.mode == "tray":
        await remote.perform("show", {})
        return None
    return remote


async def _started(owner: Owner) -> Owner:
    await owner.start()
    settle_to_serve()
    return owner


class Opener:
    """`open_engine` as often as an engine ends before its face does."""

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        """`environment` is the process's own; a passphrase is taken out of it."""
        self._environment = environment
        self._passphrase: str | None = None

    async def open(self, *, beside: bool) -> Owner | Child | RemoteFacade | None:
        """As `open_engine`; what opened the first vault opens that of the next engine.

        Raises:
            CoreError: as `open_engine`.
        """
        self._passphrase = take_passphrase(self._environment) or self._passphrase
        return await open_engine(self._environment, passphrase=self._passphrase, beside=beside)
