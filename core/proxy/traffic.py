"""What goes through at this moment, for status and menu."""

from collections import Counter

from core.domain.account import AccountId


class Traffic:
    """Counts of requests and streams under way. The relay writes it, everyone may read it.

    Attributes:
        requests: requests that are not answered to the end yet.
        streams: answers that are being passed on.
        websockets: WebSocket connections.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.streams = 0
        self.websockets = 0
        self._by_account: Counter[AccountId] = Counter()

    def in_flight(self, account: AccountId) -> int:
        """Requests that are with the back end on `account`."""
        return self._by_account[account]

    def sent(self, account: AccountId) -> None:
        """A request went out with `account`."""
        self._by_account[account] += 1

    def ended(self, account: AccountId) -> None:
        """A request that went out with `account` came to its end."""
        self._by_account[account] -= 1
        if not self._by_account[account]:
            del self._by_account[account]
