"""A made-up Codex for the demo: turns of a few conversations, one after the other."""

import uuid
from collections import deque

import httpx

_CONVERSATIONS = 6
_TURN_S = 60.0
_MODEL = "gpt-6.1-sol"
_PROMPTS = ("Name three rivers.", "Shorten that.", "Once more, as a haiku.")


class Visitor:
    """Keeps six conversations going; each turn is the next one's of the oldest."""

    def __init__(self) -> None:
        """Nobody has spoken yet."""
        threads = (str(uuid.uuid4()) for _ in range(_CONVERSATIONS))
        self._threads = deque(threads, maxlen=_CONVERSATIONS)
        self._turns = 0

    async def turn(self, address: str) -> int | None:
        """Ask once at a Codex base address; the status code, or None when nobody answered."""
        try:
            status, _ = await self.answer(address)
        except httpx.TransportError:
            return None  # the proxy is stopping; the next turn finds out
        return status

    async def answer(self, address: str) -> tuple[int, bytes]:
        """Ask once; the status code and the whole answer.

        Raises:
            httpx.TransportError: nobody answered, or the answer was cut off.
        """
        thread = self._threads[0]
        self._threads.rotate(-1)
        prompt = _PROMPTS[self._turns // _CONVERSATIONS % len(_PROMPTS)]
        self._turns += 1
        if self._turns % (4 * _CONVERSATIONS) == 0:
            self._threads.append(str(uuid.uuid4()))
        async with httpx.AsyncClient(timeout=_TURN_S, trust_env=False) as client:
            answer = await client.post(
                f"{address}/responses", json=_body(thread, prompt), headers=_head(thread)
            )
        return answer.status_code, answer.content


def _head(thread: str) -> dict[str, str]:
    return {
        "thread-id": thread,
        "session-id": thread,
        "originator": "turntable_demo",
        "accept": "text/event-stream",
        "x-codex-routing-hint": f"model={_MODEL}",
    }


def _body(thread: str, prompt: str) -> dict[str, object]:
    message = {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": prompt}],
    }
    return {
        "model": _MODEL,
        "instructions": "",
        "input": [message],
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": thread,
    }
