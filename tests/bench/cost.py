"""What a short request costs the proxy: `python -m tests.bench.cost [--requests N] [NAME…]`.

Processor time, as the kernel's scheduler counts it in nanoseconds, of the proxy's processes for one
request with a body of 20 KB, 16 clients asking in turn; and for one event of a stream. It says the
same on a machine that does something else besides, where times and rates say little. The first line
says which Python runs, because that matters as much. Names: `nginx`, `node`, `serve` (the whole
product), and a loop's name for the carrier alone on it.
"""

import argparse
import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.bench import load, setups
from tests.bench.measured import cpu_ns, interpreter
from tests.bench.setups import Setup
from tests.fakes.connect_proxy import Authority

_CLIENTS = 16
_STREAMS = 64


def main() -> None:
    """Print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.cost", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("names", nargs="*", default=["nginx", "uvloop", "serve"])
    arguments = parser.parse_args()
    print(interpreter())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        authority = Authority.create(folder)
        direct = stack.enter_context(setups.back_end(folder, authority))
        compared = [
            stack.enter_context(setups.named(name, folder, authority, direct))
            for name in arguments.names
        ]
        for _ in range(arguments.rounds):
            for setup in compared:
                _measure(setup, arguments.requests)


def _measure(setup: Setup, requests: int) -> None:
    pid, target = setup.pid, setup.target
    assert pid is not None
    asyncio.run(load.counted(target, clients=_CLIENTS, requests=1_000))  # connections, TLS, caches
    before = cpu_ns(pid)
    rate = asyncio.run(load.counted(target, clients=_CLIENTS, requests=requests))
    request_us = (cpu_ns(pid) - before) / requests / 1000
    before = cpu_ns(pid)
    delays = asyncio.run(load.streams(target, clients=_STREAMS, events=100, gap_ms=20))
    event_us = (cpu_ns(pid) - before) / len(delays) / 1000
    print(
        f"{target.name:22} {request_us:7.1f} µs a request, {event_us:6.1f} µs an event"
        f"   ({rate:,.0f} requests/s)"
    )


if __name__ == "__main__":
    main()
