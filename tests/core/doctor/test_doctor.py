"""The doctor: looks at a real engine over real sockets, and mends what it says it would."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from core.app import App
from core.binding.detours import swallowed_by
from core.control.commands import CHECKS as NAMED
from core.control.verb import Arguments
from core.control.verbs import doctor as verb
from core.doctor import codex_checks, engine_checks, path_checks
from core.doctor.doctor import CHECKS, worst
from core.doctor.finding import Finding, Health, Subject
from core.domain.binding import BindState, BindStatus
from core.domain.report import NoticeReport, VaultReport
from core.domain.settings import Settings, with_value
from core.proxy.routes import Identity
from core.words.speech import english
from tests.core.control.apps import free_port, make_app
from tests.core.control.engines import NOW, account, snapshot
from tests.fakes.clock import FakeClock
from tests.fakes.tokens import make_login, write_auth_json

Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer) -> Callable[[], httpx.AsyncClient]:
    return lambda: httpx.AsyncClient(transport=httpx.MockTransport(answer))


def nobody(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def subject(folder: Path, **changes: object) -> Subject:
    """A bound Codex, a listener, and nobody who answers unless a test says so."""
    plain = Subject(
        report=snapshot(account(1)),
        settings=with_value(Settings(), "proxy.port", 8791),
        data_folder=folder,
        bind=BindStatus(state=BindState.BOUND, codex_home=folder, port=8791, since=NOW, because=""),
        plan=None,
        environment={"PATH": ""},
        port=8791,
        identity=Identity(instance="one", key=b"k" * 32, bind="b"),
        secret="fake-secret",
        connect=client(nobody),
        connect_here=client(nobody),
        now=NOW,
        nonce="n",
        speech=english(),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    made = make_app(
        tmp_path, clock, proxy_port=str(free_port()), upstream_base_url="http://127.0.0.1:9"
    )
    await made.serve("serve")
    yield made
    await made.close()


async def diagnose(app: App, **arguments: str | bool) -> verb.Diagnosis:
    return await verb.doctor(app, Arguments(arguments))


def test_every_check_can_be_named_on_the_command_line() -> None:
    assert tuple(CHECKS) == NAMED


async def test_our_own_listener_proves_itself(app: App) -> None:
    (finding,) = (await diagnose(app, check="listener")).findings
    assert (finding.health, str(app.port) in finding.text) == (Health.GOOD, True)


async def test_whole_examination_has_a_finding_for_each_check(app: App) -> None:
    found = await diagnose(app)
    assert tuple(finding.check for finding in found.findings) == tuple(CHECKS)
    assert found.messages[0].startswith("✓ Listener: ")
    # Port 9 of the loopback is nobody's: the back end cannot be reached.
    assert (found.health, found.exit_code) == ("bad", 1)


async def test_bind_to_another_port_is_mended_after_it_was_said(app: App) -> None:
    home = app.codex_home(None)
    await app.leases.bind(home, free_port())
    planned = await diagnose(app, check="bind", fix=True, dry_run=True)
    assert (planned.findings[0].health, planned.fixed) == (Health.BAD, ("bind",))
    assert (await diagnose(app, check="bind")).findings[0].health is Health.BAD

    mended = await diagnose(app, check="bind", fix=True)

    # Odd, because no guard watches in the tests.
    assert (mended.findings[0].health, mended.fixed) == (Health.ODD, ("bind",))
    assert (await app.bind_status(home)).port == app.port
    assert "openai_base_url" in mended.messages[-1]


async def test_folder_that_others_may_write_into_is_closed(app: App) -> None:
    app.home.root.chmod(0o777)
    (before,) = (await diagnose(app, check="folder")).findings
    assert before.health is Health.ODD
    (after,) = (await diagnose(app, check="folder", fix=True)).findings
    assert (after.health, app.home.root.stat().st_mode & 0o777) == (Health.GOOD, 0o700)


async def test_nobody_listens_without_an_owner(tmp_path: Path) -> None:
    found = await engine_checks.listener(subject(tmp_path, port=None, identity=None))
    assert (found.health, found.text) == (
        Health.BAD,
        "Turntable is not running; nobody listens.",
    )


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        pytest.param(
            nobody, "Nobody answers on port 8791 (there is no connection).", id="nobody answers"
        ),
        pytest.param(
            lambda _: httpx.Response(200, json={"status": "ok", "name": "turntable"}),
            "Another program answers on port 8791.",
            id="no proof",
        ),
        pytest.param(
            lambda _: httpx.Response(200, json={"proof": "0" * 64}),
            "Another program answers on port 8791.",
            id="a wrong proof",
        ),
        pytest.param(
            lambda _: httpx.Response(200, text="<html>"),
            "Nobody answers on port 8791 (JSONDecodeError).",
            id="a web page",
        ),
    ],
)
async def test_listener_of_somebody_else_is_told_apart(
    tmp_path: Path, answer: Answer, text: str
) -> None:
    found = await engine_checks.listener(subject(tmp_path, connect_here=client(answer)))
    assert (found.health, found.text) == (Health.BAD, text)


@pytest.mark.parametrize(
    ("answer", "health", "text"),
    [
        pytest.param(
            lambda _: httpx.Response(200, json={"models": []}),
            Health.GOOD,
            "The list of models came back through the proxy.",
            id="the whole way",
        ),
        pytest.param(
            lambda _: httpx.Response(400, json={"error": {"message": "No account yet."}}),
            Health.BAD,
            "It was answered with 400: No account yet.",
            id="refused in our own words",
        ),
        pytest.param(
            lambda _: httpx.Response(502, text="<html>"),
            Health.BAD,
            "It was answered with 502: Bad Gateway",
            id="somebody else's page",
        ),
        pytest.param(
            nobody, Health.BAD, "It was not answered (there is no connection).", id="nobody"
        ),
    ],
)
async def test_request_of_our_own_goes_the_real_path(
    tmp_path: Path, answer: Answer, health: Health, text: str
) -> None:
    found = await path_checks.path(subject(tmp_path, connect_here=client(answer)))
    assert (found.health, found.text) == (health, text)


async def test_no_request_is_sent_for_a_codex_that_is_not_bound(tmp_path: Path) -> None:
    found = await path_checks.path(subject(tmp_path, secret=None))
    assert found.health is Health.UNKNOWN


@pytest.mark.parametrize(
    ("off", "health"),
    [
        pytest.param(timedelta(seconds=30), Health.GOOD, id="half a minute is usual"),
        pytest.param(timedelta(hours=-1), Health.BAD, id="an hour behind"),
        pytest.param(timedelta(days=1), Health.BAD, id="a day ahead"),
    ],
)
async def test_clock_is_compared_with_the_back_end_s(
    tmp_path: Path, off: timedelta, health: Health
) -> None:
    date = format_datetime(NOW - off, usegmt=True)
    answer = client(lambda _: httpx.Response(404, headers={"date": date}))
    assert (await path_checks.clock(subject(tmp_path, connect=answer))).health is health


async def test_an_address_that_may_not_be_sent_logins_is_named_and_not_asked(
    tmp_path: Path,
) -> None:
    elsewhere = with_value(Settings(), "upstream.base_url", "http://elsewhere.example")
    answer = client(lambda _: pytest.fail("it was asked"))
    found = await path_checks.clock(subject(tmp_path, settings=elsewhere, connect=answer))
    assert found.health is Health.BAD
    assert found.text.startswith("The address in upstream.base_url may not be sent a login")


async def test_network_that_is_down_is_no_fault_of_the_clock(tmp_path: Path) -> None:
    found = await path_checks.clock(subject(tmp_path))
    assert found.text == "The back end cannot be reached (there is no connection)."


@pytest.mark.parametrize(
    ("environment", "trap"),
    [
        pytest.param({}, None, id="no proxy"),
        pytest.param({"HTTPS_PROXY": "http://p:1"}, None, id="only for TLS, and we speak none"),
        pytest.param({"HTTP_PROXY": "http://p:1"}, "HTTP_PROXY", id="swallows the loopback"),
        pytest.param(
            {"all_proxy": "socks5://p:1", "NO_PROXY": "internal"}, "all_proxy", id="not spared"
        ),
        pytest.param(
            {"HTTP_PROXY": "http://p:1", "NO_PROXY": "internal, 127.0.0.1"}, None, id="spared"
        ),
        pytest.param({"http_proxy": "http://p:1", "no_proxy": "*"}, None, id="all spared"),
    ],
)
def test_egress_proxy_that_swallows_the_loopback(
    environment: dict[str, str], trap: str | None
) -> None:
    assert swallowed_by(environment) == trap


async def test_egress_trap_names_the_variable(tmp_path: Path) -> None:
    found = await codex_checks.egress(subject(tmp_path, environment={"HTTP_PROXY": "http://p"}))
    assert found.health is Health.BAD
    assert found.text.startswith("HTTP_PROXY is set")


@pytest.mark.parametrize(
    ("watch", "notices", "health", "said"),
    [
        pytest.param(True, (), Health.GOOD, "a guard gives it back", id="a guard watches"),
        pytest.param(False, (), Health.ODD, "no guard watches", id="none is wanted"),
        pytest.param(
            True,
            (NoticeReport(code="guard_failed", text="The guard could not be started."),),
            Health.ODD,
            "could not be started",
            id="none could be started",
        ),
    ],
)
async def test_whether_a_guard_watches_is_said(
    tmp_path: Path, watch: bool, notices: tuple[NoticeReport, ...], health: Health, said: str
) -> None:
    settings = with_value(with_value(Settings(), "proxy.port", 8791), "bind.watch", watch)
    report = replace(snapshot(account(1)), notices=notices)

    found = await codex_checks.bind(subject(tmp_path, settings=settings, report=report))

    assert found.health is health
    assert said in found.text


async def test_codex_without_a_login_of_its_own_is_told(tmp_path: Path) -> None:
    found = await codex_checks.login(subject(tmp_path))
    assert found.health is Health.ODD
    assert "`codex login`" in found.hint


async def test_codex_with_a_login_is_well(tmp_path: Path) -> None:
    write_auth_json(tmp_path, make_login("a@example.com"))
    found = await codex_checks.login(subject(tmp_path))
    assert found.text == "It is whole, and has not run out."


async def test_codex_that_is_not_installed_says_nothing(tmp_path: Path) -> None:
    found = await codex_checks.in_force(subject(tmp_path))
    assert found.health is Health.UNKNOWN


@pytest.mark.parametrize(
    ("states", "health"),
    [
        pytest.param((), Health.ODD, id="nobody yet"),
        pytest.param(("ready", "waiting"), Health.GOOD, id="one can serve"),
        pytest.param(("waiting",), Health.ODD, id="nobody can"),
        pytest.param(("ready", "needs_sign_in"), Health.ODD, id="somebody waits for a hand"),
    ],
)
async def test_accounts(tmp_path: Path, states: tuple[str, ...], health: Health) -> None:
    known = tuple(account(n, state=state) for n, state in enumerate(states, 1))
    report = replace(snapshot(), accounts=known)
    assert (await engine_checks.accounts(subject(tmp_path, report=report))).health is health


async def test_locked_logins_are_bad(tmp_path: Path) -> None:
    locked = replace(snapshot(), vault=VaultReport(backend="keyring", locked=True))
    found = await engine_checks.vault(subject(tmp_path, report=locked))
    assert found.health is Health.BAD


async def test_port_that_moved_is_said_and_is_no_trouble(tmp_path: Path) -> None:
    assert (await engine_checks.port(subject(tmp_path, port=9000))).health is Health.ODD
    assert (await engine_checks.port(subject(tmp_path))).health is Health.GOOD


def test_worst_finding_is_the_doctor_s_word() -> None:
    def found(health: Health) -> Finding:
        return Finding(check="a", title="A", health=health, text="")

    assert worst(()) is Health.GOOD
    assert worst((found(Health.GOOD), found(Health.UNKNOWN))) is Health.UNKNOWN
    assert worst((found(Health.BAD), found(Health.ODD))) is Health.BAD
