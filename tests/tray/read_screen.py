"""What a screen reader is told, as JSON: run by the system's own Python, which has AT-SPI.

`python3 read_screen.py PROGRAM SECONDS` waits for the program, then prints its tree.
"""

import json
import sys
import time
from typing import Any

import gi  # type: ignore[import-not-found]

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # type: ignore[import-not-found]  # noqa: E402


def tree(node: Any) -> dict[str, Any]:
    """The node with everything below it; what vanishes while it is read is left out."""
    children = (node.get_child_at_index(n) for n in range(node.get_child_count()))
    return {
        "name": node.get_name() or "",
        "description": node.get_description() or "",
        "role": node.get_role_name(),
        "states": [state.value_nick for state in node.get_state_set().get_states()],
        "children": [tree(child) for child in children if child is not None],
    }


def main() -> int:
    """See the module."""
    wanted, end = sys.argv[1], time.monotonic() + float(sys.argv[2])
    desktop = Atspi.get_desktop(0)
    while time.monotonic() < end:
        for number in range(desktop.get_child_count()):
            application = desktop.get_child_at_index(number)
            if application is not None and application.get_name() == wanted:
                sys.stdout.write(json.dumps(tree(application)))
                return 0
        time.sleep(0.05)
    return 1


if __name__ == "__main__":
    sys.exit(main())
