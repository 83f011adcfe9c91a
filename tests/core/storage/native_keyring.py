"""Keyrings for tests: one that counts as native, and ones that must not be used."""

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class FakeSecretService(KeyringBackend):
    """Entries in memory, under the name of a back end that is native.

    Args:
        forgets: takes entries and does not keep them.
        locked: says so at every call, like a collection whose prompt was dismissed.
    """

    # Outside tests nobody may find it: `keyring` chooses by priority among all subclasses.
    viable = False

    def __init__(self, *, forgets: bool = False, locked: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries: dict[tuple[str, str], str] = {}
        self._forgets = forgets
        self.locked = locked

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        if not self._forgets:
            self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.entries[service, username]

    def _check(self) -> None:
        if self.locked:
            raise KeyringLocked("Failed to unlock the collection!")


FakeSecretService.__module__ = "keyring.backends.SecretService"
