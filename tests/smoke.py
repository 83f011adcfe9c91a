"""Does the program start here at all? For systems on which nobody has looked yet.

    python -m tests.smoke [COMMAND…]

starts COMMAND (`turntable demo --serve` when none is given), waits for its first line, asks its
`/health`, and stops it.
"""

import http.client
import json
import re
import subprocess
import sys
import threading
from collections.abc import Sequence

_FIRST_LINE = re.compile(r"Turntable listens on http://(?P<host>[^:/]+):(?P<port>\d+)")
_WITHIN_S = 60.0
_STOPS_WITHIN_S = 15.0


def smoke(command: Sequence[str], *, within_s: float = _WITHIN_S) -> str:
    """What is wrong, or nothing: a sentence."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        # Reading a line has no timeout of its own on every system; the end of the program ends it.
        watchdog = threading.Timer(within_s, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            line = process.stdout.readline().strip()
            found = _FIRST_LINE.fullmatch(line)
            wrong = _health(found["host"], int(found["port"])) if found else f"first line: {line!r}"
        finally:
            watchdog.cancel()
            process.terminate()
        try:
            process.wait(_STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return wrong or f"still running {_STOPS_WITHIN_S:g} s after it was told to stop"
    return wrong


def _health(host: str, port: int) -> str:
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/health")
        answer = json.loads(connection.getresponse().read())
    except (OSError, ValueError) as error:
        return f"/health: {error}"
    finally:
        connection.close()
    expected = {"status": "ok", "name": "turntable"}
    return "" if answer == expected else f"/health: {answer}"


def main(arguments: list[str]) -> int:
    """Print the verdict."""
    wrong = smoke(arguments or ["turntable", "demo", "--serve"])
    sys.stdout.write(f"{wrong or 'starts, listens, stops'}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
