"""No login is lost, however often and whenever the program is killed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.runtime.clock import SystemClock
from core.standin.server import StandIn
from tests.core.oauth.torture import Toll, compare, sign_in, torture
from tests.core.oauth.tortured import POINTS, opened


@pytest.mark.journey
@pytest.mark.timeout(120)
async def test_200_kills_lose_no_login_and_spend_no_token_twice(tmp_path: Path) -> None:
    toll = await torture(tmp_path, 200, seed=20)
    assert toll.lost == []
    assert toll.revoked == 0
    assert toll.kills == 200
    assert min(toll.died[point] for point in POINTS) > 5, "it died at every chosen point"
    assert toll.refreshes > 200, "it did refresh between the kills"
    assert toll.doubted + toll.lost_answers > 20, "it was killed in the middle of refreshes"


@pytest.mark.parametrize(
    ("harm", "noticed"),
    [
        pytest.param(StandIn.revoke, "token_invalidated", id="a family that was revoked"),
        pytest.param(
            lambda back_end, name: back_end.issuer.redeem(
                back_end.issuer.families_of(name)[0].login.refresh_token
            ),
            "A is behind and does not know",
            id="a token that was spent without a trace",
        ),
    ],
)
async def test_the_torture_notices_a_loss(
    tmp_path: Path, harm: Callable[[StandIn, str], object], noticed: str
) -> None:
    clock, toll = SystemClock(), Toll()
    async with StandIn(now=clock.now) as back_end:
        await sign_in(tmp_path, back_end, clock, "AB", toll)
        assert await compare(tmp_path, back_end, clock, toll) == ()
        assert toll.lost == []
        harm(back_end, "A")
        await compare(tmp_path, back_end, clock, toll)
    (loss,) = toll.lost
    assert noticed in loss


async def test_the_torture_notices_a_backup_that_is_not_whole(tmp_path: Path) -> None:
    clock, toll = SystemClock(), Toll()
    async with StandIn(now=clock.now) as back_end:
        await sign_in(tmp_path, back_end, clock, "AB", toll)
        parts = await opened(tmp_path, clock)
        backup = await parts.backups.write_ours()
        await parts.close()
        await compare(tmp_path, back_end, clock, toll)
        assert toll.lost == []
        backup.write_bytes(backup.read_bytes()[:-40])
        await compare(tmp_path, back_end, clock, toll)
    (loss,) = toll.lost
    assert "This backup is damaged" in loss
