"""Machines that somebody manages: what /etc/codex says against us is found, and named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.standin.people import Login, make_login
from core.standin.server import StandIn
from tests.core.accounts.stores.documents import listed, written
from tests.fakes.codex import Codex
from tests.fakes.managed_machine import manage
from tests.journeys.turntable import Turntable

pytestmark = [pytest.mark.codex, pytest.mark.timeout(120)]

BEFORE = b'# mine\nmodel = "gpt-6.1-sol"\n'
CORP = '[model_providers.corp]\nname = "Corp"\nbase_url = "https://corp.example/v1"\n'

type Managed = Callable[..., None]


@pytest.fixture
def managed(codex: Codex, turntable: Turntable, tmp_path: Path) -> Managed:
    """From now on the Codex that Turntable finds is one of a machine with these files."""
    del turntable  # it has put the real one there

    def managed(**files: str) -> None:
        manage(tmp_path / "bin" / "codex", codex.binary, tmp_path / "etc", **files)

    return managed


@pytest.mark.parametrize(
    ("files", "named"),
    [
        pytest.param(
            {"managed_config": 'openai_base_url = "https://managed.example/v1"\n'},
            "/etc/codex/managed_config.toml sets openai_base_url, and wins over config.toml.",
            id="an address",
        ),
        pytest.param(
            {"managed_config": f'model_provider = "corp"\n{CORP}'},
            "/etc/codex/managed_config.toml chooses the provider corp",
            id="a provider",
        ),
        pytest.param(
            {"requirements": f'model_provider = "corp"\n{CORP}'},
            "A managed requirement chooses the provider corp",
            id="a requirement",
        ),
    ],
)
async def test_a_bind_that_is_not_in_force_names_whose_word_wins(
    turntable: Turntable, codex: Codex, managed: Managed, *, files: dict[str, str], named: str
) -> None:
    codex.config.write_bytes(BEFORE)
    managed(**files)
    async with turntable.serve():
        ran = await turntable.run("bind")
        assert ran.exit_code == 1
        assert "Codex says that it would go elsewhere" in ran.stderr
        assert named in ran.stderr
        ran = await turntable.run("doctor", "in-force")
        assert named in ran.stdout
        ran = await turntable.run("codex", "--account", "#1", "--", "exec", "say hi")
        assert ran.exit_code != 0
        assert (await turntable.run("unbind")).exit_code == 0
    assert codex.config.read_bytes() == BEFORE


async def test_a_machine_that_asks_nothing_of_us_is_bound_as_any_other(
    turntable: Turntable, codex: Codex, managed: Managed
) -> None:
    codex.config.write_bytes(BEFORE)
    managed(config='model = "gpt-6.1-sol"\n', requirements='allowed_web_search_modes = ["live"]\n')
    async with turntable.serve() as serving:
        assert (await turntable.done("bind"))["verification"]["result"] == "in_force"
        serving.terminate()
        assert await serving.ended(10) == 0
    assert codex.config.read_bytes() == BEFORE


@pytest.mark.usefixtures("imported")
async def test_a_file_of_a_project_cannot_lead_codex_past_us(
    turntable: Turntable, signed_in_codex: Codex
) -> None:
    """Codex itself takes neither the address nor the provider from one, trusted or not."""
    work = signed_in_codex.work
    trusted = f'[projects."{work}"]\ntrust_level = "trusted"\n'.encode()
    signed_in_codex.config.write_bytes(BEFORE + trusted)
    (work / ".codex").mkdir()
    (work / ".codex" / "config.toml").write_text(
        f'openai_base_url = "http://127.0.0.1:9/v1"\nmodel_provider = "corp"\n{CORP}'
    )
    async with turntable.serve():
        await turntable.done("bind")
        run = await signed_in_codex.exec("say hi")
        assert (len(run.answers), run.exit_code) == (1, 0), run.stdout
        requests = (await turntable.done("log"))["requests"]
        assert [one for one in requests if one["kind"] == "responses"] != []


@pytest.fixture
async def own(turntable: Turntable, back_end: StandIn, tmp_path: Path) -> Login:
    """A login that is Turntable's to hand out."""
    login = make_login("C")
    back_end.add(login)
    store = written(tmp_path / "stores" / "list.json", listed(login))
    await turntable.done("import", str(store), "--take")
    return login


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("files", "why"),
    [
        pytest.param(
            {"managed_config": 'forced_login_method = "api"\n'}, "another way", id="a way"
        ),
        pytest.param(
            {"managed_config": 'forced_chatgpt_workspace_id = "ws-corp"\n'},
            "another workspace",
            id="a workspace",
        ),
        pytest.param(
            {"managed_config": 'cli_auth_credentials_store = "keyring"\n'},
            "keyring",
            id="a keyring",
        ),
        pytest.param(
            {"requirements": 'cli_auth_credentials_store = "keyring"\n'},
            "keyring",
            id="a required keyring",
        ),
        pytest.param(
            {"requirements": 'allowed_login_methods = ["api"]\n'},
            "another way",
            id="a required way",
        ),
    ],
)
async def test_a_switch_that_the_machine_forbids_is_refused_before_anything_is_written(
    turntable: Turntable,
    signed_in_codex: Codex,
    managed: Managed,
    *,
    files: dict[str, str],
    why: str,
) -> None:
    before = signed_in_codex.auth.read_bytes()
    managed(**files)
    ran = await turntable.run("switch", "#1")
    assert (ran.exit_code, why in ran.stderr) == (1, True), ran.stdout + ran.stderr
    assert signed_in_codex.auth.read_bytes() == before
