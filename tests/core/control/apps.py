"""A whole app in a folder of its own, away from the machine's Codex and keyring."""

import socket
from pathlib import Path

from core.app import App
from core.runtime.paths import Home
from core.words.speech import english
from tests.fakes.clock import FakeClock


def free_port() -> int:
    """A loopback port that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def make_app(folder: Path, clock: FakeClock, **overrides: str) -> App:
    """An app over `folder`; opens nothing."""
    codex = folder / "codex"
    codex.mkdir(exist_ok=True)
    return App(
        home=Home(root=folder / "t"),
        environment={"CODEX_HOME": str(codex), "PATH": "", "TURNTABLE_BIND_WATCH": "false"},
        user_home=folder,
        clock=clock,
        speech=english(),
        overrides={name.replace("_", ".", 1): value for name, value in overrides.items()},
    )
