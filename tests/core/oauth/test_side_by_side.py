"""The real Codex and our lane use the same logins, and no refresh token is presented twice."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.codex_home.refreshing import renew_login
from core.domain.account import Account
from core.runtime.clock import SystemClock
from core.standin.people import make_login
from core.standin.server import StandIn
from tests.core.oauth.parts import Parts
from tests.core.oauth.parts import parts as build
from tests.fakes.codex import Codex

ROUNDS = 6
LINGER_S = 1.0

pytestmark = pytest.mark.codex


@pytest.fixture
async def parts(tmp_path: Path, codex: Codex) -> AsyncIterator[Parts]:
    """The parts beside the real Codex; time is real."""
    clock = SystemClock()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "codex").symlink_to(codex.binary)
    async with (
        StandIn(now=clock.now) as back_end,
        build(tmp_path, clock, back_end, sleep=asyncio.sleep) as parts,
    ):
        codex.meet(("127.0.0.1", back_end.port))
        parts.env |= codex.env | {
            "PATH": str(tmp_path / "bin"),
            "CODEX_REFRESH_TOKEN_URL_OVERRIDE": f"{back_end.auth_url}/oauth/token",
        }
        yield parts


async def _renewed(parts: Parts, account: Account) -> bool:
    """As after a 401 on what the account is served with now."""
    grant = await parts.authoriser.authorise(account.id)
    return grant is not None and await parts.authoriser.renew(account.id, grant)


async def test_real_codex_and_our_lane_refresh_side_by_side_without_one_revocation(
    parts: Parts, codex: Codex
) -> None:
    shared = make_login("A")
    parts.back_end.add(shared)
    codex.log_in(shared.auth_json)
    imported = (await parts.importer.import_login(codex.auth)).account
    own = await parts.signed_in(make_login("B"))

    for _ in range(ROUNDS):
        parts.back_end.issuer.expire_access("A")
        parts.back_end.issuer.expire_access("B")
        # Its owner works with Codex in the very moment in which we need a newer token.
        _, theirs, ours = await asyncio.gather(
            renew_login(codex.binary, home=codex.home, env=parts.env, linger_s=LINGER_S),
            _renewed(parts, imported),
            _renewed(parts, own),
        )
        assert theirs
        assert ours

    families = parts.back_end.issuer.families
    assert [(family.reuses, family.revoked) for family in families] == [(0, False)] * 2
    held = json.loads(codex.auth.read_text())["tokens"]["refresh_token"]
    assert held == families[0].login.refresh_token
    assert families[0].renewals >= ROUNDS
    assert families[1].renewals == ROUNDS
    # Every token that we ever sent for A came from Codex, and is good still.
    grant = await parts.authoriser.authorise(imported.id)
    assert grant is not None
    assert parts.back_end.issuer.recognise(grant.access_token) is families[0]
