"""The proxy alone, a process of its own: no vault, no ledger, one account, the simplest choice.

python -m tests.bench.carrier asyncio|uvloop|window|window-busy|qasync PORT_OF_BACK_END CA_FILE

`window` runs beside a window on the tray's own loop, `qasync` on that one's; `window-busy` paints
60 times a second and holds the loop for 50 ms each second.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Coroutine
from functools import partial

from core.domain.account import AccountId
from core.domain.credentials import Grant
from core.domain.decision import Decision, Use, UseReason
from core.domain.facts import Facts
from core.domain.settings import Settings, with_value
from core.domain.workspace_route import UNBOUND, WorkspaceRoute
from core.proxy.answers import Speech
from core.proxy.clients import ValidSecret
from core.proxy.places import Places
from core.proxy.relay import Seams
from core.proxy.routes import Identity
from core.proxy.server import ProxyServer
from core.runtime.clock import SystemClock
from core.runtime.loop import serving_loop
from core.runtime.projects import Projects

ACCOUNT = AccountId("acc_bench")


async def serve(back_end: int, ca_file: str) -> None:
    """Listen; the first line on stdout names the port."""
    settings = with_value(
        Settings(), "upstream.base_url", f"https://127.0.0.1:{back_end}/backend-api"
    )
    settings = with_value(settings, "upstream.ca_file", ca_file)
    grant = Grant(access_token="fake", workspace="fake", fedramp=False, expires_at=None)
    decision = Use(account=ACCOUNT, reason=UseReason.STRATEGY, moved_from=None, verdicts=())

    def choose(facts: Facts, tried: frozenset[AccountId]) -> Decision:
        return decision

    async def authorise(account: AccountId) -> Grant:
        return grant

    async def renew(account: AccountId, refused: Grant) -> bool:
        return False

    async def route_of(account: AccountId, grant: Grant) -> WorkspaceRoute:
        return UNBOUND

    server = ProxyServer(
        seams=Seams(
            choose=choose,
            learn=lambda lesson: None,
            record=lambda row: None,
            settings=lambda: settings,
            clock=SystemClock(),
            speech=Speech(label=str, at=str),
            new_request_id=lambda: "req_0123456789abcdef0123",
            places=Places(
                projects=Projects(SystemClock()), wanted=lambda: False, of_thread=lambda _: None
            ),
        ),
        authorise=authorise,
        granted=lambda account: grant,
        renew=renew,
        route_of=route_of,
        known_route=lambda account, grant: UNBOUND,
        valid=lambda secret: ValidSecret(bind="b"),
        known=lambda token: None,
        status=lambda client: {},
        identity=lambda: Identity(instance="i", key=b"k", bind="b"),
    )
    print(await server.start(19_000), flush=True)
    gc.collect()
    gc.freeze()
    await asyncio.Event().wait()


def main() -> None:
    """Run on the loop that is asked for."""
    kind, back_end, ca_file = sys.argv[1:]
    work = serve(int(back_end), ca_file)
    match kind:
        case "window" | "window-busy" | "qasync":
            _run_in_a_window(work, kind)
        case "uvloop":
            asyncio.run(work, loop_factory=serving_loop)
        case _:
            asyncio.run(work)


def _run_in_a_window(work: Coroutine[None, None, None], kind: str) -> None:
    import qasync
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QLabel

    from tray.main import new_loop

    application = QApplication([])
    window = QLabel("A window")
    window.resize(800, 600)
    window.show()
    if kind == "window-busy":
        painting, holding = QTimer(), QTimer()
        painting.timeout.connect(window.repaint)
        painting.start(16)
        holding.timeout.connect(lambda: time.sleep(0.05))
        holding.start(1000)
    loop = qasync.QEventLoop if kind == "qasync" else new_loop
    with asyncio.Runner(loop_factory=partial(loop, application)) as runner:
        runner.run(work)


if __name__ == "__main__":
    main()
