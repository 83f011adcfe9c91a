"""An engine that a face runs: the app served in this process, and the endpoint beside it."""

from collections.abc import MutableMapping
from pathlib import Path

from core.app import App
from core.control.endpoint import Endpoint
from core.control.facade import Facade
from core.control.local import LocalFacade
from core.control.remote import RemoteFacade
from core.runtime.clock import SystemClock
from core.runtime.language import local_speech
from core.runtime.logs import start_logging, stop_logging
from core.runtime.passphrase import take_passphrase
from core.runtime.paths import turntable_home


class Owner:
    """Runs an app from `start` to `close`, with its control endpoint and its log."""

    def __init__(self, app: App, *, mode: str) -> None:
        """`mode` is `tray` or `serve`."""
        self.app = app
        self.facade: Facade = LocalFacade(app)
        self._mode = mode
        self._endpoint = Endpoint(app.home.control, self.facade)

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
        except BaseException:
            await self.app.close()
            stop_logging(self._log)
            raise

    async def close(self) -> None:
        """Give Codex back first; then end everything else."""
        self.app.request_stop()
        await self.app.close()
        await self._endpoint.close()
        stop_logging(self._log)


def make_app(environment: MutableMapping[str, str], *, passphrase: str | None) -> App:
    """The app of this user, as the environment describes it."""
    return App(
        home=turntable_home(environment),
        environment=environment,
        user_home=Path.home(),
        clock=SystemClock(),
        speech=local_speech(),
        passphrase=passphrase,
    )


async def open_engine(environment: MutableMapping[str, str]) -> Owner | RemoteFacade | None:
    """For a face with a window: attach to the owner that runs, or become the owner.

    Returns:
        An `Owner` that was started (close it); the façade of a `serve` that runs; or None: another
        tray runs, it has come to the front, and there is nothing more to do.

    Raises:
        CoreError: as `Owner.start`.
    """
    remote = RemoteFacade(turntable_home(environment).control)
    if await remote.answers():
        status = await remote.status()
        if status.mode == "tray":
            await remote.perform("show", {})
            return None
        return remote
    owner = Owner(make_app(environment, passphrase=take_passphrase(environment)), mode="tray")
    await owner.start()
    return owner
