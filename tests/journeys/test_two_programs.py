"""Several programs on one data folder at once: nothing is lost, no refresh token is spent twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.standin.people import Login, make_login
from core.standin.server import StandIn
from tests.core.accounts.stores.documents import listed, written
from tests.fakes.desktop import Desktop
from tests.fakes.tokens import write_auth_json
from tests.fakes.tray_host import TrayHost
from tests.journeys.tray import tray_program
from tests.journeys.turntable import Ran, Turntable

NAMES = "ABCDEF"


@pytest.fixture
def logins(back_end: StandIn) -> dict[str, Login]:
    """Six people, known to the back end."""
    logins = {name: make_login(name) for name in NAMES}
    for login in logins.values():
        back_end.add(login)
    return logins


@pytest.fixture
def alone(tmp_path: Path, back_end: StandIn, free_port: int) -> Turntable:
    """The program without a Codex beside it."""
    return Turntable(
        tmp_path / "turntable",
        {
            "PATH": "",
            "HOME": str(tmp_path),
            "CODEX_HOME": str(tmp_path / "codex"),
            "TURNTABLE_PASSPHRASE": "a fake passphrase",
            "TURNTABLE_UPSTREAM_BASE_URL": back_end.base_url,
            "TURNTABLE_UPSTREAM_AUTH_URL": back_end.auth_url,
            "TURNTABLE_PROXY_PORT": str(free_port),
        },
    )


async def at_once(turntable: Turntable, *verbs: tuple[str, ...]) -> list[Ran]:
    """Each in a process of its own, all at the same time."""
    return await asyncio.gather(*(turntable.run(*verb, timeout_s=60) for verb in verbs))


async def taken(turntable: Turntable, folder: Path, logins: dict[str, Login]) -> None:
    """All of them made Turntable's own: it renews them."""
    store = written(folder / "stores" / "list.json", listed(*logins.values()))
    answer = await turntable.done("import", str(store), "--take")
    assert len(answer["imported"]) == len(logins)


def spent_twice(back_end: StandIn) -> list[str]:
    """Whose refresh token was presented again."""
    return [f.login.name for f in back_end.issuer.families if f.reuses or f.revoked]


async def states(turntable: Turntable) -> set[str]:
    return {one["state"] for one in (await turntable.done("accounts"))["accounts"]}


async def test_command_lines_that_write_at_once_lose_nothing_of_each_other(
    alone: Turntable, logins: dict[str, Login], tmp_path: Path
) -> None:
    sources = [write_auth_json(tmp_path / "homes" / name, logins[name]) for name in NAMES]
    await alone.done("import", str(sources[0]))
    ran = await at_once(alone, *(("import", str(source), "--json") for source in sources[1:]))
    late = [one for one in ran if one.exit_code != 0]
    # Who came while another one wrote is told so, and has changed nothing.
    assert {one.json["error"]["code"] for one in late} <= {"owned"}
    for source, one in zip(sources[1:], ran, strict=True):
        if one in late:
            await alone.done("import", str(source))
    accounts = (await alone.done("accounts"))["accounts"]
    assert sorted(one["number"] for one in accounts) == [1, 2, 3, 4, 5, 6]
    assert len({one["email"] for one in accounts}) == len(NAMES)
    assert (await alone.done("verify"))["health"] == "good"


async def test_command_lines_that_renew_at_once_spend_no_token_twice(
    alone: Turntable, logins: dict[str, Login], tmp_path: Path, back_end: StandIn
) -> None:
    await taken(alone, tmp_path, logins)
    for name in NAMES:
        back_end.issuer.expire_access(name)
    ran = await at_once(alone, *[("check", "--json")] * 3)
    assert {one.exit_code for one in ran} <= {0, 1}
    assert await at_once(alone, ("check", "--json"))
    assert spent_twice(back_end) == []
    assert [family.renewals for family in back_end.issuer.families] == [1] * len(NAMES)
    assert await states(alone) == {"ready"}


async def test_a_server_and_command_lines_renew_through_one_lane(
    alone: Turntable, logins: dict[str, Login], tmp_path: Path, back_end: StandIn
) -> None:
    await taken(alone, tmp_path, logins)
    async with alone.serve():
        for name in NAMES:
            back_end.issuer.expire_access(name)
        ran = await at_once(alone, *[("check", "--json")] * 3)
        assert [one.exit_code for one in ran] == [0, 0, 0]
        assert spent_twice(back_end) == []
        assert [family.renewals for family in back_end.issuer.families] == [1] * len(NAMES)
        renamed = [("account", "rename", f"#{n}", f"Name {n}", "--json") for n in range(1, 7)]
        assert {one.exit_code for one in await at_once(alone, *renamed)} == {0}
    labels = {one["label"] for one in (await alone.done("accounts"))["accounts"]}
    assert labels == {f"Name {n}" for n in range(1, 7)}


@asynccontextmanager
async def in_the_tray(turntable: Turntable, desktop: Desktop) -> AsyncIterator[None]:
    """The real tray program as the owner, once its icon is there."""
    async with TrayHost(desktop.bus_address) as host, tray_program(turntable, desktop):
        await host.wait_for_item(timeout_s=30)
        while not (await turntable.done("status"))["running"]:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
        yield


@pytest.mark.desktop
async def test_the_tray_and_command_lines_renew_through_one_lane(
    alone: Turntable,
    logins: dict[str, Login],
    tmp_path: Path,
    back_end: StandIn,
    desktop: Desktop,
) -> None:
    await taken(alone, tmp_path, logins)
    async with in_the_tray(alone, desktop):
        assert (await alone.done("status"))["mode"] == "tray"
        for name in NAMES:
            back_end.issuer.expire_access(name)
        ran = await at_once(alone, *[("check", "--json")] * 3)
        assert [one.exit_code for one in ran] == [0, 0, 0]
        assert spent_twice(back_end) == []
        assert [family.renewals for family in back_end.issuer.families] == [1] * len(NAMES)
        assert await states(alone) == {"ready"}


@pytest.mark.desktop
async def test_a_second_owner_is_refused_and_the_first_keeps_every_login(
    alone: Turntable, logins: dict[str, Login], tmp_path: Path, desktop: Desktop
) -> None:
    await taken(alone, tmp_path, logins)
    async with in_the_tray(alone, desktop):
        second = await alone.run("serve", "--json")
        assert second.exit_code == 1
        assert "Turntable" in second.stdout + second.stderr
        assert await states(alone) == {"ready"}
    assert await states(alone) == {"ready"}
