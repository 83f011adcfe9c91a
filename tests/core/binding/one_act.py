"""One bind or unbind in a process of its own: `python one_act.py ROOT bind|unbind`.

It says with two system calls that nothing else makes where the act begins and where it ends.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.core.binding.homes import PORT, Place

BEGINS, ENDS = 0o123, 0o124
"""What `umask` is called with right before the act, and right after it."""


def main(root: Path, act: str) -> None:
    """Do it."""
    place = Place(root, make=False)
    binder = place.binder()
    os.umask(BEGINS)
    os.umask(0o077)
    if act == "bind":
        binder.bind(place.home, PORT)
    else:
        binder.unbind(place.home)
    os.umask(ENDS)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
