"""`bundle`: what helps to find a fault, and nothing that says who somebody is. With canaries."""

import json
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.control.commands import VERBS
from core.domain.errors import CoreError
from core.standin.people import make_login
from tests.core.routing.engine import Engine, running

TOKENS = (
    "eyJmYWtlLWhlYWQ.eyJmYWtlLWNsYWltcyI6MX0.fake-signature",
    "rt_fake-refresh-token-A-1",
    "tt_fake-client-token-0123456789",
)
WHO = ("Adalina", "Kunde-Nord", "night-shift", "my-secret-tool", "client-b", "hush-topic")


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with running(
        tmp_path, "Adalina", "Kunde-Nord", notify__ntfy_url="https://ntfy.example/hush-topic"
    ) as made:
        yield made


async def bundle(engine: Engine, path: Path) -> dict[str, str]:
    found = await engine.ask("bundle", file=str(path))
    assert found["file"] == str(path)
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        assert list(found["parts"]) == file.namelist()
        return {name: file.read(name).decode() for name in file.namelist()}


async def told_everything(engine: Engine, folder: Path) -> None:
    """Every place that a bundle reads holds something that must not leave."""
    await engine.ask("account", action="tag", account="Adalina", value="night-shift")
    await engine.ask("account", action="note", account="Adalina", value="Call +49 000 at client-b")
    await engine.ask("client", action="create", label="my-secret-tool")
    await engine.turn("t1")
    lines = [
        f"2026-03-02 09:00:00 INFO core: Adalina <adalina@example.com> in {folder}/client-b/x",
        *(f"2026-03-02 09:00:01 WARNING core: sent {token}" for token in TOKENS),
        "2026-03-02 09:00:02 ERROR core: http://127.0.0.1:8791/c/fake-bind-secret-0123/backend-api",
        "2026-03-02 09:00:03 INFO core: my-secret-tool called; Kunde-Nord served",
        "2026-03-02 09:00:04 INFO core: opened /srv/client-b/plan and ~/client-b",
        "2026-03-02 09:00:05 INFO core: the end " + "x" * 5_000,
    ]
    log = folder / "turntable" / "log"
    log.mkdir(exist_ok=True)
    (log / "turntable.log").write_text("\n".join(lines) + "\n", encoding="utf-8")


async def test_nobody_is_named_and_no_secret_is_told(engine: Engine, tmp_path: Path) -> None:
    await told_everything(engine, tmp_path)
    parts = await bundle(engine, tmp_path / "out.zip")
    login = make_login("Adalina")
    secrets = [*TOKENS, *WHO, "@example.com", "fake-bind-secret", str(tmp_path)]
    tokens = login.auth_json["tokens"]
    assert isinstance(tokens, dict)
    secrets += [text for text in tokens.values() if isinstance(text, str)]
    for name, text in parts.items():
        for secret in secrets:
            assert secret.lower() not in text.lower(), (name, secret)


async def test_what_helps_is_there(engine: Engine, tmp_path: Path) -> None:
    await told_everything(engine, tmp_path)
    parts = await bundle(engine, tmp_path / "out.zip")
    about, status = json.loads(parts["about.json"]), json.loads(parts["status.json"])
    assert about["version"] == status["version"]
    assert [one["label"] for one in status["accounts"]] == ["#1", "#2"]
    assert status["accounts"][0]["windows"]
    assert {one["check"] for one in json.loads(parts["doctor.json"])} >= {"listener", "bind"}
    settings = json.loads(parts["settings.json"])
    assert settings["notify.ntfy_url"]["value"] == "(set)"
    assert settings["routing.strategy"]["value"] == "balanced"
    schemas = json.loads(parts["schemas.json"])
    assert schemas["vault.db"]["stored"] == schemas["vault.db"]["known"] > 0
    log = parts["log.txt"].splitlines()
    assert log[0].endswith("#1 <(e-mail)> in ~/…")
    assert log[-1].startswith("2026-03-02 09:00:05 INFO core: the end xxx")
    assert max(len(line) for line in log) <= 2_000


async def test_file_that_is_there_stays(engine: Engine, tmp_path: Path) -> None:
    kept = tmp_path / "out.zip"
    kept.write_text("mine", encoding="utf-8")
    with pytest.raises(CoreError):
        await engine.ask("bundle", file=str(kept))
    assert kept.read_text("utf-8") == "mine"


async def test_without_a_name_it_lies_in_the_home_folder(engine: Engine, tmp_path: Path) -> None:
    found = await engine.ask("bundle")
    now = engine.clock.now()
    assert found["file"] == str(tmp_path / f"turntable-bundle-{now:%Y%m%d-%H%M%S}.zip")
    assert any("#N" in line for line in found["messages"])
    with zipfile.ZipFile(found["file"]) as file:
        made = datetime(*file.infolist()[0].date_time, tzinfo=UTC)
    assert abs((made - now).total_seconds()) < 2


async def test_bundle_needs_no_vault_and_changes_nothing() -> None:
    assert VERBS["bundle"].access == "read"
