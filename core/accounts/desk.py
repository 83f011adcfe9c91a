"""Sign-ins that are under way: each goes on by itself, and a face asks for its next step.

A face may be in another process than the sign-in, so it does not hold the steps: it asks, and may
ask again. A face that went away asks no more; its sign-in ends after a while and lets go of its
port.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from core.accounts.sign_in import Joined, JoinStep
from core.domain.errors import CoreError, ExitCode
from core.runtime.tasks import Tasks

FORGOTTEN_S = 60.0
"""How long nobody may ask for the next step before a sign-in is ended, in seconds."""
_NAME_BYTES = 8

type Begin = Callable[[Callable[[], Awaitable[str]]], AsyncGenerator[JoinStep]]
"""Makes the steps; its argument awaits what the person pastes."""


class _UnderWay:
    """One sign-in: its steps so far that nobody has taken, and how it ended."""

    def __init__(self, patience_s: float) -> None:
        self.patience_s = patience_s
        self.steps: asyncio.Queue[JoinStep | CoreError] = asyncio.Queue()
        self.pasted: asyncio.Queue[str] = asyncio.Queue(maxsize=1)
        self.patience: asyncio.Timeout | None = None
        self.task: asyncio.Task[None] | None = None

    def asked_for(self) -> None:
        """A face is there: the time until it counts as forgotten begins anew."""
        if self.patience is not None and not self.patience.expired():
            self.patience.reschedule(asyncio.get_running_loop().time() + self.patience_s)


class Desk:
    """One for each process that signs in."""

    def __init__(self, *, draw: Callable[[int], bytes]) -> None:
        """`draw` gives that many random bytes, for names that nobody guesses."""
        self._draw = draw
        self._under_way: dict[str, _UnderWay] = {}
        self._tasks = Tasks("desk")

    def begin(self, steps: Begin, *, patience_s: float | None = None) -> str:
        """Begin a sign-in; its name, to ask for its steps with.

        It ends when nobody asks for `patience_s` (usually `FORGOTTEN_S`).
        """
        name = self._draw(_NAME_BYTES).hex()
        one = _UnderWay(FORGOTTEN_S if patience_s is None else patience_s)
        self._under_way[name] = one
        one.task = self._tasks.start(self._go_on(one, steps(one.pasted.get)), name="sign-in")
        return name

    async def next(self, name: str, *, within_s: float) -> JoinStep | None:
        """The next step; None when there is none within this time: ask again.

        Raises:
            CoreError: how the sign-in ended, once; `no_such_sign_in` after that.
        """
        one = self._known(name)
        one.asked_for()
        try:
            async with asyncio.timeout(within_s):
                step = await one.steps.get()
        except TimeoutError:
            return None
        finally:
            one.asked_for()
        if isinstance(step, CoreError):
            self._under_way.pop(name, None)
            raise step
        if isinstance(step, Joined):
            self._under_way.pop(name, None)
        return step

    def paste(self, name: str, text: str) -> None:
        """Hand in what the person pasted; only the first text counts.

        Raises:
            CoreError: `no_such_sign_in`.
        """
        one = self._known(name)
        one.asked_for()
        if one.pasted.empty():
            one.pasted.put_nowait(text)

    async def end(self, name: str) -> None:
        """End a sign-in; nothing is kept. One that has ended already stays ended."""
        one = self._under_way.pop(name, None)
        if one is not None and one.task is not None:
            one.task.cancel()
            await asyncio.wait([one.task])

    async def close(self) -> None:
        """End every sign-in."""
        self._under_way.clear()
        await self._tasks.close()

    async def _go_on(self, one: _UnderWay, steps: AsyncGenerator[JoinStep]) -> None:
        ended = _given_up()
        try:
            async with asyncio.timeout(one.patience_s) as patience, aclosing(steps):
                one.patience = patience
                async for step in steps:
                    one.steps.put_nowait(step)
        except CoreError as error:
            ended = error
        except TimeoutError:
            pass  # nobody asked any more
        finally:
            one.patience = None
            # After the last step nobody asks; whoever does hears that it is over.
            one.steps.put_nowait(ended)

    def _known(self, name: str) -> _UnderWay:
        one = self._under_way.get(name)
        if one is None:
            raise CoreError(
                "no_such_sign_in",
                "This sign-in has ended; nothing more was changed.",
                "Begin once more: `turntable login`.",
                exit_code=ExitCode.SIGN_IN_NEEDED,
            )
        return one


def _given_up() -> CoreError:
    message = "The sign-in was ended because nobody waited for it any more; nothing was changed."
    hint = "Begin once more: `turntable login`."
    return CoreError("sign_in_cancelled", message, hint, exit_code=ExitCode.SIGN_IN_NEEDED)
