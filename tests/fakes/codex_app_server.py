"""A client of `codex app-server`: JSON-RPC, one message a line, over stdio."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

_ANSWER_S = 30.0


class AppServerError(Exception):
    """Codex answered a request with an error; `code` is its JSON-RPC code."""

    def __init__(self, method: str, error: Mapping[str, Any]) -> None:
        super().__init__(f"{method}: {error.get('message')}")
        self.code: int = error["code"]


class AppServer:
    """One conversation with a running `codex app-server`.

    Attributes:
        notifications: what it said unasked while we waited for answers, in order.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._last_id = 0
        self.notifications: list[Mapping[str, Any]] = []

    async def initialize(self) -> Any:
        """The greeting that comes first; what the server says about itself."""
        # Named like a Codex of its own: the back end lets only those leave instructions out.
        client = {"name": "codex_turntable_tests", "title": "Turntable tests", "version": "0"}
        return await self.request("initialize", {"clientInfo": client, "capabilities": {}})

    async def request(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """The result of one request.

        Raises:
            AppServerError: the server refused it.
            EOFError: the server has ended.
        """
        self._last_id += 1
        await self._send({"id": self._last_id, "method": method, "params": dict(params or {})})
        async with asyncio.timeout(_ANSWER_S):
            while True:
                message = await self._receive()
                if message.get("id") == self._last_id and "method" not in message:
                    break
                self.notifications.append(message)
        if "error" in message:
            raise AppServerError(method, message["error"])
        return message["result"]

    async def notification(self, method: str) -> Mapping[str, Any]:
        """The parameters of the next message `method` from the server, heard or still to come."""
        async with asyncio.timeout(_ANSWER_S):
            while True:
                for message in self.notifications:
                    if message.get("method") == method:
                        self.notifications.remove(message)
                        parameters: Mapping[str, Any] = message.get("params", {})
                        return parameters
                self.notifications.append(await self._receive())

    async def _send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        await self._process.stdin.drain()

    async def _receive(self) -> Mapping[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise EOFError("codex app-server has ended")
        message: Mapping[str, Any] = json.loads(line)
        return message
