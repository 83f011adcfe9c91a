"""Reads an account's login again from the file that it came from, whichever tool's. Blocks."""

from pathlib import Path

from core.accounts.stores.files import login_in_store, read_text
from core.accounts.stores.recognise import Form, form_of
from core.codex_home.auth_file import AUTH_FILE, FoundLogin, read_auth_file
from core.domain.account import Identity


def read_source(path: Path, identity: Identity) -> FoundLogin | None:
    """The login of `identity` in the file; None when it stands there no more.

    Raises:
        CoreError: the file cannot be read, or is sealed: its passphrase was not kept.
    """
    if path.name == AUTH_FILE or form_of(read_text(path)) is Form.AUTH_JSON:
        return read_auth_file(path)
    return login_in_store(path, identity)
