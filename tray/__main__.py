"""`python -m tray`: the desktop program; also the entry point `desktop` of `turntable.faces`."""

import os
import sys
from collections.abc import Sequence

from core.control.speaking import speech_of
from tray.desktop import why_no_desktop

NO_DESKTOP = 69
"""EX_UNAVAILABLE (sysexits.h): nothing was started, the caller may serve without a desktop."""


def main(arguments: Sequence[str] = ()) -> int:
    """Run the tray; `NO_DESKTOP` and one sentence on stderr where there is none.

    Args:
        arguments: `--demo` shows the made-up world instead of the user's own.
    """
    speech = speech_of(os.environ)
    reason = why_no_desktop(os.environ)
    if reason is not None:
        sys.stderr.write(f"{speech.retell(reason)}\n")
        return NO_DESKTOP
    from tray import main as program
    from tray.opening import opener

    return program.main(arguments, open_engine=opener(arguments, os.environ), speech=speech)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
