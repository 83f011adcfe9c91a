"""The real Codex, unmodified, in a home of its own and cut off from every network."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.fakes.codex_app_server import AppServer
from tests.fakes.connect_proxy import Address, Authority, ConnectProxy
from tests.fakes.process import die_with_parent

_RUN_S = 60.0
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TERM")
_LINE_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CodexRun:
    """What one run of the program left behind."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def events(self) -> tuple[Mapping[str, Any], ...]:
        """The JSON events of `codex exec --json`, in order."""
        lines = (line for line in self.stdout.splitlines() if line.startswith("{"))
        return tuple(json.loads(line) for line in lines)

    @property
    def answers(self) -> tuple[str, ...]:
        """What the agent said, message by message."""
        items = (event["item"] for event in self.events if event["type"] == "item.completed")
        return tuple(item["text"] for item in items if item["type"] == "agent_message")

    @property
    def errors(self) -> tuple[str, ...]:
        """What Codex complained about, as a user reads it."""
        failed = (event for event in self.events if event["type"] in {"error", "turn.failed"})
        return tuple(event.get("message") or event["error"]["message"] for event in failed)


class Codex:
    """`async with Codex(binary, folder, authority) as codex: await codex.exec("say hi")`.

    Attributes:
        home: its CODEX_HOME; config.toml and auth.json lie there.
        work: the folder it works in.
        proxy: the edge of its world: what it asked for there.
    """

    def __init__(self, binary: Path, root: Path, authority: Authority) -> None:
        self.binary = binary
        self.home = root / "home" / ".codex"
        self.work = root / "work"
        self.proxy = ConnectProxy(authority)
        self._authority = authority

    async def __aenter__(self) -> Self:
        self.home.mkdir(parents=True)
        self.work.mkdir()
        await self.proxy.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.proxy.__aexit__(*error)

    @property
    def config(self) -> Path:
        """Its config.toml; not there until somebody writes it."""
        return self.home / "config.toml"

    @property
    def auth(self) -> Path:
        """Its own login; not there until `log_in`."""
        return self.home / "auth.json"

    @property
    def env(self) -> dict[str, str]:
        """The environment of every run: no network, no login but its own."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        proxy = self.proxy.url
        return kept | {
            "HOME": str(self.home.parent),
            "CODEX_HOME": str(self.home),
            "HTTPS_PROXY": proxy,
            "HTTP_PROXY": proxy,
            "https_proxy": proxy,
            "http_proxy": proxy,
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "CODEX_CA_CERTIFICATE": str(self._authority.bundle),
            "SSL_CERT_FILE": str(self._authority.bundle),
        }

    def log_in(self, auth_json: Mapping[str, Any]) -> None:
        """Give it a login of its own, as `codex login` would leave it."""
        self.auth.write_text(json.dumps(auth_json, indent=2))
        self.auth.chmod(0o600)

    def meet(self, back_end: Address, *hosts: str) -> None:
        """Let `chatgpt.com` (or these hosts) be answered by a plain HTTP server on loopback."""
        for host in hosts or ("chatgpt.com",):
            self.proxy.routes[host] = back_end

    async def exec(
        self, prompt: str, *options: str, config: Mapping[str, str] | None = None
    ) -> CodexRun:
        """`codex exec PROMPT`, unattended; `config` becomes `-c KEY=VALUE` (values are TOML)."""
        overrides = [f"-c{key}={value}" for key, value in (config or {}).items()]
        return await self.run(
            "exec", "--json", "--skip-git-repo-check",
            "--dangerously-bypass-approvals-and-sandbox",
            *overrides, *options, prompt,
        )  # fmt: skip

    async def run(self, *arguments: str, timeout_s: float = _RUN_S) -> CodexRun:
        """Any other command of the program, to its end.

        Raises:
            TimeoutError: it did not end; what it had started is killed with it.
        """
        process = await self._start(*arguments, stdin=asyncio.subprocess.DEVNULL)
        try:
            async with asyncio.timeout(timeout_s):
                stdout, stderr = await process.communicate()
        finally:
            await _end(process)
        assert process.returncode is not None
        return CodexRun(
            exit_code=process.returncode,
            stdout=stdout.decode("utf-8", "replace"),
            stderr=stderr.decode("utf-8", "replace"),
        )

    @asynccontextmanager
    async def app_server(self) -> AsyncIterator[AppServer]:
        """`codex app-server`, greeted and ready for requests."""
        process = await self._start("app-server", stdin=asyncio.subprocess.PIPE)
        try:
            server = AppServer(process)
            await server.initialize()
            yield server
        finally:
            await _end(process)

    async def _start(self, *arguments: str, stdin: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            self.binary,
            *arguments,
            cwd=self.work,
            env=self.env,
            stdin=stdin,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LINE_LIMIT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill the program and whatever it started: they share one session."""
    with suppress(ProcessLookupError):  # it ended by itself, and so did all of its group
        os.killpg(process.pid, signal.SIGKILL)
    # Reads what is left, so that the pipes close with the process and not with the collector.
    await process.communicate()
