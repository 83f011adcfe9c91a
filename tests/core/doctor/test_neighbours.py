"""Other tools and ways past Turntable: found, named, and mended where that is one step."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.app import App
from core.codex_home.app_server import Way
from core.control.verb import Arguments
from core.control.verbs import doctor as verb
from core.doctor.elsewhere import why_elsewhere
from core.doctor.finding import Finding, Health
from core.words.speech import english
from tests.core.control.apps import free_port, make_app
from tests.fakes.clock import FakeClock
from tests.fakes.codex import Codex


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    made = make_app(
        tmp_path, clock, proxy_port=str(free_port()), upstream_base_url="http://127.0.0.1:9"
    )
    await made.serve("serve")
    yield made
    await made.close()


async def found(app: App, home: Path, check: str, *, fix: bool = False) -> Finding:
    arguments = {"check": check, "codex_home": str(home), "fix": fix}
    diagnosis = await verb.doctor(app, Arguments(arguments))
    return diagnosis.findings[0]


def router(home: Path, port: int, *, chosen: bool) -> Path:
    home.mkdir(exist_ok=True)
    choice = 'model_provider = "router"\n' if chosen else ""
    config = home / "config.toml"
    config.write_text(
        f'{choice}# mine\n[model_providers.router]\nbase_url = "http://127.0.0.1:{port}/v1"\n'
    )
    return config


async def test_a_dead_router_that_is_chosen_is_taken_out_of_the_way(
    app: App, tmp_path: Path
) -> None:
    home = tmp_path / "codex"
    config = router(home, free_port(), chosen=True)
    before = config.read_text()
    seen = await found(app, home, "other-tools")
    assert seen.health is Health.BAD
    assert "“router”" in seen.fix
    assert config.read_text() == before, "nothing is touched unasked"
    mended = await found(app, home, "other-tools", fix=True)
    assert mended.health is Health.ODD, "its block stays, for old chats"
    assert config.read_text() == before.replace('model_provider = "router"\n', "")


async def test_a_router_that_answers_is_nobody_s_trouble(app: App, tmp_path: Path) -> None:
    home = tmp_path / "codex"
    with socket.create_server(("127.0.0.1", 0)) as server:
        router(home, server.getsockname()[1], chosen=True)
        seen = await found(app, home, "other-tools")
    assert (seen.health, seen.fix) == (Health.GOOD, "")


async def test_profiles_and_variables_that_lead_past_us_are_named(app: App, tmp_path: Path) -> None:
    home = tmp_path / "other"
    home.mkdir()
    assert (await found(app, home, "detours")).health is Health.GOOD
    (home / "work.config.toml").write_text('openai_base_url = "https://company.example"\n')
    (home / "folder.config.toml").mkdir()
    app.environment = {**app.environment, "CODEX_API_KEY": "fake-key"}
    seen = await found(app, home, "detours")
    assert seen.health is Health.ODD
    assert "`codex -p work` goes its own way, by openai_base_url." in seen.text
    assert "CODEX_API_KEY is set" in seen.text
    assert "fake-key" not in seen.text


@pytest.mark.parametrize(
    ("way", "said"),
    [
        pytest.param(
            Way(provider="x", address=None, provider_from="/etc/f", address_from=""),
            "/etc/f chooses the provider x instead of Codex’s own.",
            id="another provider",
        ),
        pytest.param(
            Way(provider="openai", address="https://g", provider_from="", address_from="/etc/f"),
            "/etc/f sets openai_base_url, and wins over config.toml.",
            id="another layer",
        ),
        pytest.param(
            Way(provider="openai", address="https://g", provider_from="", address_from=""),
            "A managed requirement sets openai_base_url, and wins over config.toml.",
            id="nobody is named",
        ),
    ],
)
def test_who_wins_is_named(way: Way, said: str) -> None:
    assert why_elsewhere(way, english()) == said


@pytest.mark.codex
async def test_real_codex_names_the_file_that_defeats_the_bind(
    app: App, codex: Codex, tmp_path: Path
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "codex").symlink_to(codex.binary)
    app.environment = codex.env | {"PATH": f"{programs}:{codex.env['PATH']}"}
    await app.bind(codex.home, replace=False, rotate=False)
    assert (await found(app, codex.home, "in-force")).health is Health.GOOD
    bound = codex.config.read_text()
    codex.config.write_text(
        f'model_provider = "router"\n{bound}\n'
        '[model_providers.router]\nname = "R"\nbase_url = "http://127.0.0.1:9/v1"\n'
    )
    seen = await found(app, codex.home, "in-force")
    assert seen.health is Health.BAD
    assert seen.hint == f"{codex.config} chooses the provider router instead of Codex’s own."


@pytest.mark.codex
async def test_of_several_installed_codex_it_is_said_which_was_asked(
    app: App, codex: Codex, tmp_path: Path
) -> None:
    folders = [tmp_path / name for name in ("first", "link", "second")]
    for folder in folders:
        folder.mkdir()
    (folders[0] / "codex").symlink_to(codex.binary)
    (folders[1] / "codex").symlink_to(codex.binary)
    other = folders[2] / "codex"
    other.write_text("#!/bin/sh\necho codex-cli 0.100.0\n")
    other.chmod(0o755)
    path = ":".join(map(str, folders))
    app.environment = codex.env | {"PATH": f"{path}:/usr/bin:/bin"}
    await app.bind(codex.home, replace=False, rotate=False)
    seen = await found(app, codex.home, "in-force")
    assert seen.health is Health.GOOD
    assert f"{folders[0] / 'codex'} (0.169.0), {other} (0.100.0)" in seen.text
