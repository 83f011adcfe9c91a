"""One login as a sealed row: it counts for its own account and generation only. Pure."""

from core.domain.account import AccountId
from core.domain.credentials import Credentials
from core.domain.errors import CoreError, ExitCode
from core.storage.codec import DamagedDocumentError, from_text, to_text
from core.storage.slots import Random, WrongKeyError, seal, unseal


def seal_login(
    key: bytes, account: AccountId, credentials: Credentials, *, random: Random
) -> bytes:
    """The content of the row of this generation."""
    about = _about(account, credentials.generation)
    return seal(key, to_text(credentials).encode(), about=about, random=random)


def open_login(key: bytes, account: AccountId, generation: int, sealed: bytes) -> Credentials:
    """The login in a row.

    Raises:
        CoreError: `login_damaged`, exit code sign-in needed: another key, another row, or damage.
    """
    try:
        text = unseal(key, sealed, about=_about(account, generation)).decode()
        credentials: Credentials = from_text(Credentials, text)
    except (WrongKeyError, UnicodeDecodeError, DamagedDocumentError):
        raise CoreError(
            "login_damaged",
            "The sealed login of this account is damaged; it was left as it is.",
            "Add this account again; its settings and history are kept.",
            exit_code=ExitCode.SIGN_IN_NEEDED,
        ) from None
    return credentials


def _about(account: AccountId, generation: int) -> bytes:
    return f"turntable secret 1\0{account}\0{generation}".encode()
