"""The OS keyring: one entry that opens one slot of the vault. The only file that knows `keyring`.

Only native back ends count (Secret Service, macOS Keychain, Windows Credential Manager): a null,
file or plain-text back end would be a promise that is not kept. A keyring may ask its owner for a
password and block until it is answered; so it has a thread of its own, and every call a limit.
"""

import asyncio
import base64
import binascii
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.domain.sentence import Sentence
from core.storage.worker import Worker

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "Turntable"
ANSWER_S = 15.0
"""How long a keyring may take: long enough to type a password into its prompt."""

_NATIVE = frozenset(
    {"keyring.backends.SecretService", "keyring.backends.macOS", "keyring.backends.Windows"}
)


class KeyringUnavailableError(Exception):
    """No keyring that we may use, or it did not do what was asked.

    Attributes:
        why: a part of a sentence; it names no secret.
    """

    def __init__(self, why: str) -> None:
        """`why` is a constant of ours, or the name of the error that was met."""
        super().__init__(why)
        self.why = Sentence(why)


def _configured_backend() -> "KeyringBackend":
    # Imported when first needed: it looks through every installed distribution.
    from keyring import get_keyring

    return get_keyring()


class SystemKeyring:
    """The entries of this program, by name, in the keyring of the desktop."""

    def __init__(
        self,
        *,
        backend: "Callable[[], KeyringBackend]" = _configured_backend,
        answer_s: float = ANSWER_S,
    ) -> None:
        """`backend` is called on the keyring's thread, each time: a desktop may come later."""
        self._backend = backend
        self._answer_s = answer_s
        self._worker = Worker("keyring")

    async def get(self, name: str) -> bytes | None:
        """The entry; None when there is none.

        Raises:
            KeyringUnavailableError: none that is native, locked, silent, or broken.
        """
        text = await self._ask(lambda native: native.get_password(SERVICE, name))
        if text is None:
            return None
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise KeyringUnavailableError(Sentence("its entry is not one of ours")) from None

    async def set(self, name: str, secret: bytes) -> None:
        """Write the entry and read it back.

        Raises:
            KeyringUnavailableError: as `get`, or it did not keep what it was given.
        """
        text = base64.b64encode(secret).decode()

        def write(native: "KeyringBackend") -> str | None:
            native.set_password(SERVICE, name, text)
            return native.get_password(SERVICE, name)

        if await self._ask(write) != text:
            raise KeyringUnavailableError(Sentence("it did not keep the entry"))

    async def delete(self, name: str) -> None:
        """Remove the entry; one that is not there is no error.

        Raises:
            KeyringUnavailableError: as `get`.
        """

        def remove(native: "KeyringBackend") -> None:
            if native.get_password(SERVICE, name) is not None:
                native.delete_password(SERVICE, name)

        await self._ask(remove)

    def close(self) -> None:
        """End the thread, when it is not waiting for the keyring's owner."""
        self._worker.stop()

    async def _ask[T](self, ask: "Callable[[KeyringBackend], T]") -> T:
        try:
            async with asyncio.timeout(self._answer_s):
                return await self._worker.run(lambda: self._on_thread(ask))
        except TimeoutError:
            raise KeyringUnavailableError(Sentence("it is locked, or does not answer")) from None

    def _on_thread[T](self, ask: "Callable[[KeyringBackend], T]") -> T:
        # Each back end raises errors of its own libraries (D-Bus, Keychain, pywin32): all that is
        # known of them is that they are no mistake of ours. The text may name no secret.
        try:
            return ask(native_of(self._backend()))
        except KeyringUnavailableError:
            raise
        except Exception as error:
            raise KeyringUnavailableError(f"{type(error).__name__}") from None


def native_of(backend: "KeyringBackend") -> "KeyringBackend":
    """The native back end: this one, or the first of a chain.

    Raises:
        KeyringUnavailableError: there is none.
    """
    links = [backend]
    if type(backend).__module__ == "keyring.backends.chainer":
        links = list(getattr(backend, "backends", ()))
    for link in links:
        if type(link).__module__ in _NATIVE:
            return link
    raise KeyringUnavailableError(Sentence("there is no native keyring"))
