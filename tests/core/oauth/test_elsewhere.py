"""An imported login is refreshed by the Codex whose file it is, and by nobody else."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.account import Account
from core.domain.decision import Because
from core.runtime.clock import SystemClock
from core.standin.people import make_login, renewed
from core.standin.script import Endpoint, Gate
from core.standin.server import StandIn
from tests.core.oauth.parts import Parts, write_login
from tests.core.oauth.parts import parts as build
from tests.fakes.clock import FakeClock
from tests.fakes.codex import Codex

DAY = timedelta(days=1)


def _asked(parts: Parts) -> int:
    """How often the program that stands for Codex was started."""
    log = parts.folder / "asked"
    return len(log.read_text().splitlines()) if log.exists() else 0


@pytest.fixture
async def account(parts: Parts, clock: FakeClock) -> Account:
    login = make_login("A", issued_at=clock.now(), expires_at=clock.now() + DAY)
    account = await parts.imported(login)
    clock.advance(2 * DAY)
    return account


async def test_codex_is_asked_in_the_home_of_the_source(parts: Parts, account: Account) -> None:
    parts.install_codex()
    assert await parts.token(account.id) is None
    assert (parts.folder / "asked").read_text() == f"{parts.folder / 'home-A'} app-server\n"


async def test_codex_is_not_asked_while_the_token_is_still_of_use(
    parts: Parts, clock: FakeClock
) -> None:
    parts.install_codex()
    account = await parts.imported(make_login("A", expires_at=clock.now() + DAY))
    clock.advance(DAY - timedelta(minutes=1))
    assert await parts.token(account.id) is not None
    await parts.authoriser.close()  # waits for what has begun
    assert _asked(parts) == 0


async def test_codex_is_not_asked_when_another_codex_is_at_it_already(
    tmp_path: Path, clock: FakeClock, back_end: StandIn
) -> None:
    looks = 0

    async def sleep(_: float) -> None:
        """The third look finds what another Codex has written."""
        nonlocal looks
        looks += 1
        if looks == 3:
            write_login(Path(account.source or ""), newer.auth_json)

    async with build(tmp_path, clock, back_end, sleep=sleep) as parts:
        parts.install_codex()
        login = make_login("A", issued_at=clock.now(), expires_at=clock.now() + DAY)
        newer = renewed(login, issued_at=clock.now(), expires_at=clock.now() + 10 * DAY)
        account = await parts.imported(login)
        clock.advance(2 * DAY)
        assert await parts.token(account.id) == newer.access_token
        assert (looks, _asked(parts)) == (3, 0)


async def test_codex_is_not_asked_again_until_a_pause_that_grows(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    parts.install_codex()
    asked_after = []
    for minutes in (0, 0.5, 0.6, 1.0, 1.1, 3.0, 1.1):
        clock.advance(timedelta(minutes=minutes))
        await parts.token(account.id)
        asked_after.append(_asked(parts))
    assert asked_after == [1, 1, 2, 2, 3, 3, 4]


async def test_the_pause_does_not_grow_for_ever(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    parts.install_codex()
    for _ in range(8):
        await parts.token(account.id)
        clock.advance(timedelta(minutes=30))
    assert _asked(parts) == 8


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda home: (home / "auth.json").unlink(), id="its login is gone"),
        pytest.param(
            lambda home: (home / "auth.json").write_text(json.dumps(make_login("B").auth_json)),
            id="it holds another login now",
        ),
        pytest.param(
            lambda home: (home / "config.toml").write_text(
                'cli_auth_credentials_store = "keyring"'
            ),
            id="it keeps its login elsewhere now",
        ),
    ],
)
async def test_codex_is_not_asked_where_it_could_not_help(
    parts: Parts, account: Account, spoil: object
) -> None:
    parts.install_codex()
    assert callable(spoil)
    spoil(parts.folder / "home-A")
    assert await parts.token(account.id) is None
    assert _asked(parts) == 0


async def test_a_file_that_is_no_codex_home_is_only_read(parts: Parts, clock: FakeClock) -> None:
    parts.install_codex()
    login = make_login("A", issued_at=clock.now(), expires_at=clock.now() + DAY)
    parts.back_end.add(login)
    imported = await parts.importer.import_login(parts.source(login, "copy.json"))
    clock.advance(2 * DAY)
    assert await parts.token(imported.account.id) is None
    assert _asked(parts) == 0


async def test_without_codex_the_token_has_run_out(parts: Parts, account: Account) -> None:
    assert await parts.token(account.id) is None
    assert parts.store.observed.signed_out == {account.id: Because.TOKEN_EXPIRED}


async def test_two_accounts_ask_one_after_the_other(
    parts: Parts, account: Account, clock: FakeClock
) -> None:
    parts.install_codex()
    other = await parts.imported(make_login("B", expires_at=clock.now() + DAY))
    clock.advance(2 * DAY)
    script = (parts.folder / "bin" / "codex").read_text()
    (parts.folder / "bin" / "codex").write_text(
        f"{script}/bin/mkdir {parts.folder}/busy || echo TWICE >> {parts.folder}/asked\n"
        f"read _ || true\n/bin/rmdir {parts.folder}/busy\n"
    )
    await asyncio.gather(parts.token(account.id), parts.token(other.id))
    asked = (parts.folder / "asked").read_text()
    assert "TWICE" not in asked
    assert _asked(parts) == 2


# The real Codex


@pytest.fixture
async def real(tmp_path: Path, codex: Codex) -> AsyncIterator[Parts]:
    """The parts beside the real Codex, whose home is the source; time is real."""
    clock = SystemClock()
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "codex").symlink_to(codex.binary)
    async with (
        StandIn(now=clock.now) as back_end,
        build(tmp_path, clock, back_end) as parts,
    ):
        codex.meet(("127.0.0.1", back_end.port))
        parts.env |= codex.env | {
            "PATH": str(bin_folder),
            "CODEX_REFRESH_TOKEN_URL_OVERRIDE": f"{back_end.auth_url}/oauth/token",
        }
        yield parts


async def _signed_in(real: Parts, codex: Codex) -> Account:
    login = make_login("A")
    real.back_end.add(login)
    codex.log_in(login.auth_json)
    return (await real.importer.import_login(codex.auth)).account


@pytest.mark.codex
async def test_real_codex_refreshes_a_refused_login_and_we_take_what_it_wrote(
    real: Parts, codex: Codex
) -> None:
    account = await _signed_in(real, codex)
    real.back_end.issuer.expire_access("A")
    refused = await real.authoriser.authorise(account.id)
    assert refused is not None
    assert await real.authoriser.renew(account.id, refused)
    (family,) = real.back_end.issuer.families
    assert await real.token(account.id) == family.login.access_token
    assert (family.renewals, family.reuses, family.revoked) == (1, 0, False)
    assert json.loads(codex.auth.read_text())["tokens"]["access_token"] == (
        family.login.access_token
    )


@pytest.mark.codex
async def test_real_codex_finishes_the_refresh_although_every_request_has_gone(
    real: Parts, codex: Codex
) -> None:
    account = await _signed_in(real, codex)
    refused = await real.authoriser.authorise(account.id)
    assert refused is not None
    gate = Gate()
    real.back_end.issuer.expire_access("A")
    real.back_end.next("A", gate, on=Endpoint.REFRESH)
    renewing = asyncio.ensure_future(real.authoriser.renew(account.id, refused))
    await gate.reached(timeout_s=20)
    renewing.cancel()
    gate.release()
    (family,) = real.back_end.issuer.families
    await real.authoriser.close()  # waits for what has begun
    assert await real.token(account.id) == family.login.access_token
    assert (family.renewals, family.reuses) == (1, 0)


@pytest.mark.codex
async def test_real_codex_cannot_refresh_a_revoked_login_and_the_sign_in_ends(
    real: Parts, codex: Codex
) -> None:
    account = await _signed_in(real, codex)
    real.back_end.revoke("A")
    refused = await real.authoriser.authorise(account.id)
    assert refused is not None
    assert not await real.authoriser.renew(account.id, refused)
    assert real.store.observed.signed_out == {account.id: Because.SIGN_IN_ENDED}
    (family,) = real.back_end.issuer.families
    assert family.reuses == 0
