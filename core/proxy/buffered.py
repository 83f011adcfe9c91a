"""How much all requests hold in memory together."""

from collections.abc import Callable


class Buffered:
    """Bytes of bodies that all requests hold together."""

    def __init__(self, most: Callable[[], int]) -> None:
        """`most`: `proxy.max_buffered`, as it counts now."""
        self._most = most
        self.size = 0

    def take(self, size: int) -> bool:
        """Reserve; False when that is too much at once."""
        if self.size + size > self._most():
            return False
        self.size += size
        return True

    def give_back(self, size: int) -> None:
        """The request is answered."""
        self.size -= size
