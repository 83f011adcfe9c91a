"""Which account gave which turn state: Codex replays the first one until its turn ends.

A turn that moved to another account goes on replaying the state of the account it began with, also
in requests that the new owner then serves. Only who made a state tells whether it may be sent.
"""

import hashlib
from collections import OrderedDict

from core.domain.account import AccountId

REMEMBERED = 10_000
"""Turn states that are remembered; each is needed for as long as its turn lasts."""


class TurnStates:
    """A bounded memory. Keeps hashes: a state is opaque, and none of our business."""

    def __init__(self, most: int = REMEMBERED) -> None:
        """`most`: beyond that the one that was seen longest ago is forgotten."""
        self._makers: OrderedDict[bytes, AccountId] = OrderedDict()
        self._most = most

    def made(self, state: bytes, account: AccountId) -> None:
        """`account` answered with `state`."""
        key = _key(state)
        self._makers[key] = account
        self._makers.move_to_end(key)
        if len(self._makers) > self._most:
            self._makers.popitem(last=False)

    def may_be_sent(self, state: bytes, account: AccountId, *, moved: bool) -> bool:
        """Whether a request that carries `state` may carry it to `account`.

        A state that nobody here has seen (we were started in the middle of its turn) belongs to the
        thread's owner, as far as anyone knows: it stays behind when the thread is just `moved`.
        """
        key = _key(state)
        maker = self._makers.get(key)
        if maker is None:
            return not moved
        self._makers.move_to_end(key)
        return maker == account


def _key(state: bytes) -> bytes:
    return hashlib.blake2b(state, digest_size=16).digest()
