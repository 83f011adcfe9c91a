"""Requests as values, for what decides without a server."""

from core.standin.people import Login
from core.standin.recorded import Recorded
from tests.fakes.clock import START


def recorded(
    target: str = "/",
    *,
    method: str = "GET",
    login: Login | None = None,
    body: bytes = b"",
    keep_alive: bool = True,
) -> Recorded:
    """A request as the listener would hand it on."""
    headers = [(b"host", b"127.0.0.1:1")]
    if login is not None:
        headers += [
            (b"authorization", f"Bearer {login.access_token}".encode()),
            (b"chatgpt-account-id", login.account_id.encode()),
        ]
    return Recorded(
        number=1,
        connection=1,
        method=method,
        target=target,
        headers=tuple(headers),
        body=body,
        received_at=START,
        keep_alive=keep_alive,
    )
