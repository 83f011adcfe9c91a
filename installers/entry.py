"""Where the packaged app begins; `core.__main__` knows its two lives, command line and guard.

The app's loader has put its own folders into the environment. By now everything of ours knows where
it is, and Codex, a browser or a shell that we start must find their libraries, not ours.
"""

import os
import sys
from collections.abc import MutableMapping

_LOADERS_OWN = ("QML2_IMPORT_PATH", "QT_PLUGIN_PATH", "PYSIDE6_OPTION_PYTHON_ENUM")
_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LIBPATH")


def forget_the_loader(environment: MutableMapping[str, str]) -> None:
    """Leave the environment as it was before the app was loaded."""
    for name in _LIBRARY_PATHS:
        before = environment.pop(f"{name}_ORIG", None)
        if before is not None:
            environment[name] = before
        else:
            environment.pop(name, None)
    for name in [n for n in environment if n in _LOADERS_OWN or n.startswith("_PYI_")]:
        del environment[name]


if __name__ == "__main__":
    forget_the_loader(os.environ)
    from core.__main__ import main

    sys.exit(main())
