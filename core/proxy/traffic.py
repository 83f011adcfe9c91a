"""What goes through at this moment, for status and menu."""

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
        self._by_account: dict[AccountId, int] = {}

    def in_flight(self, account: AccountId) -> int:
        """Requests that are with the back end on `account`."""
        return self._by_account.get(account, 0)

    def sent(self, account: AccountId) -> None:
        """A request went out with `account`."""
        self._by_account[account] = self._by_account.get(account, 0) + 1

    def ended(self, account: AccountId) -> None:
        """A request that went out with `account` came to its end."""
        left = self._by_account.get(account, 0) - 1
        if left:
            self._by_account[account] = left
        else:
            self._by_account.pop(account, None)
