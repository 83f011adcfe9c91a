"""`turntable demo`: the whole program against the stand-in, in a throw-away home."""

import asyncio
from collections.abc import MutableMapping
from typing import TextIO

from core.domain.errors import ExitCode


def demo(environment: MutableMapping[str, str], *, serve: bool, out: TextIO, err: TextIO) -> int:
    """Show it all without an account; nothing real is read, written or contacted.

    Args:
        environment: the process's own.
        serve: without a desktop.
        out: where the server says what it is.
        err: where it is said that there is no desktop.

    Raises:
        CoreError: the demo cannot be started.
    """
    if not serve:
        from core.cli.faces import start_desktop

        return start_desktop(environment, None, out=out, err=err, arguments=("--demo",))

    async def run() -> None:
        from core.cli.serving import run_owner
        from core.control.demonstration import Demonstration

        async with Demonstration(environment) as demonstration:

            async def began() -> None:
                await demonstration.begin()
                print(demonstration.introduction(), file=out, flush=True)

            await run_owner(demonstration.owner, out=out, began=began)

    asyncio.run(run())
    return int(ExitCode.DONE)
