"""`turntable` alone: the desktop face where there is a desktop, the server where there is none.

The face is found by the name `desktop` among the installed entry points, so that nothing here
imports Qt; it answers `NO_DESKTOP` when it cannot run here, before it has started anything.
"""

from collections.abc import MutableMapping
from importlib.metadata import entry_points
from typing import TextIO

from core.control.speaking import speech_of
from core.runtime.passphrase import PASSPHRASE

NO_DESKTOP = 69
"""EX_UNAVAILABLE: no display, or no Qt that can use it."""


def start_desktop(
    environment: MutableMapping[str, str],
    passphrase: str | None,
    *,
    out: TextIO,
    err: TextIO,
    arguments: tuple[str, ...] = (),
) -> int:
    """Run the tray app, or say why not and serve."""
    for face in entry_points(group="turntable.faces", name="desktop"):
        if passphrase is not None:
            # The face reads it as every process of ours does, and takes it out again.
            environment[PASSPHRASE] = passphrase
        code = face.load()(list(arguments))
        if code != NO_DESKTOP:
            return int(code)
    # Standard output begins with the address, as with `serve`: scripts read it there.
    text = speech_of(environment).say("There is no desktop here; running as `turntable serve`.")
    print(text, file=err, flush=True)
    from core.cli.demo import demo
    from core.cli.serving import serve
    from core.runtime.passphrase import take_passphrase

    take_passphrase(environment)
    if "--demo" in arguments:
        return demo(environment, serve=True, out=out, err=err)
    return serve(environment, passphrase, idle_exit=None, out=out)
