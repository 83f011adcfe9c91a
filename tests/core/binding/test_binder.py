"""Binding a home and giving it back: what the user finds afterwards."""

import json
import threading
from pathlib import Path

import pytest

from core.binding.address import base_address
from core.binding.bind_lock import BindLock
from core.binding.codex_toml import KEY
from core.domain.binding import BindState, Replaces, UndoResult
from core.domain.errors import ExitCode
from tests.core.binding.homes import PORT, TYPICAL, Place, refusal
from tests.core.binding.toml_documents import COLLECTED
from tests.fakes.clock import START


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_codex_is_sent_here_and_back_again(place: Place) -> None:
    before = place.files()
    binder = place.binder()
    receipt = binder.bind(place.home, PORT)
    assert place.address() == base_address(PORT, receipt.secret)
    assert receipt.changed
    assert receipt.since == START
    assert place.config.stat().st_mode & 0o777 == 0o600
    assert place.notes() == [".json", ".secret"]
    end = binder.unbind(place.home)
    assert end.result is UndoResult.RESTORED
    assert end.exit_code is ExitCode.DONE
    assert place.files() == before
    assert place.notes() == []


@pytest.mark.parametrize("path", COLLECTED, ids=lambda path: path.stem)
def test_every_awkward_file_comes_back_with_its_mode(tmp_path: Path, path: Path) -> None:
    place = Place(tmp_path, config=path.read_bytes(), mode=0o640)
    before = place.files()
    binder = place.binder()
    first = binder.bind(place.home, PORT, replace=True)
    again = binder.bind(place.home, PORT, replace=True)
    assert not again.changed
    assert again.secret == first.secret
    binder.bind(place.home, PORT + 1)
    assert binder.unbind(place.home).result is UndoResult.RESTORED
    assert place.files() == before


@pytest.mark.parametrize("config", [None, b""], ids=["no file", "an empty file"])
def test_what_did_not_exist_is_gone_again(tmp_path: Path, config: bytes | None) -> None:
    place = Place(tmp_path, config=config)
    before = place.files()
    place.binder().bind(place.home, PORT)
    assert place.address()
    place.binder().unbind(place.home)
    assert place.files() == before


def test_a_home_that_did_not_exist_is_gone_again(place: Place) -> None:
    home = place.root / "new home"
    place.binder().bind(home, PORT)
    assert (home / "config.toml").exists()
    place.binder().unbind(home)
    assert not home.exists()


def test_a_home_that_codex_has_begun_to_use_stays(place: Place) -> None:
    home = place.root / "new home"
    place.binder().bind(home, PORT)
    (home / "history.jsonl").write_text("{}")
    with (home / "config.toml").open("a") as config:
        config.write("[notice]\n")
    place.binder().unbind(home)
    assert (home / "history.jsonl").exists()
    assert (home / "config.toml").read_text() == "[notice]\n"


def test_binding_twice_changes_nothing_and_writes_nothing(place: Place) -> None:
    first = place.binder().bind(place.home, PORT)
    acts: list[str] = []
    second = place.binder(step=acts.append).bind(place.home, PORT)
    assert second.changed is False
    assert second.secret == first.secret
    assert second.since == first.since
    assert acts == []


def test_a_new_port_is_followed_with_the_same_secret(place: Place) -> None:
    before = place.files()
    first = place.binder().bind(place.home, PORT)
    second = place.binder().bind(place.home, 9000)
    assert second.replaces is Replaces.OURS
    assert second.secret == first.secret
    assert place.address() == base_address(9000, first.secret)
    place.binder().unbind(place.home)
    assert place.files() == before


def test_rotate_makes_a_new_secret(place: Place) -> None:
    before = place.files()
    first = place.binder().bind(place.home, PORT)
    second = place.binder().bind(place.home, PORT, rotate=True)
    assert second.secret != first.secret
    assert place.binder().secret(place.home) == second.secret
    assert place.address() == base_address(PORT, second.secret)
    place.binder().unbind(place.home)
    assert place.files() == before


def test_a_lapse_keeps_the_secret_and_an_unbind_ends_it(place: Place) -> None:
    before = place.files()
    first = place.binder().bind(place.home, PORT)
    assert place.binder().unbind(place.home, keep_secret=True).result is UndoResult.RESTORED
    assert place.files() == before
    assert place.binder().status(place.home).state is BindState.UNBOUND
    assert [record.port for record in place.binder().records()] == [PORT]
    second = place.binder().bind(place.home, PORT)
    assert (second.secret, second.bind_id) == (first.secret, first.bind_id)
    place.binder().unbind(place.home, keep_secret=True)
    place.binder().unbind(place.home)
    assert place.notes() == []
    assert place.binder().bind(place.home, PORT).secret != first.secret


def test_unbinding_what_is_not_bound_is_no_error(place: Place) -> None:
    before = place.files()
    assert place.binder().unbind(place.home).result is UndoResult.NOT_BOUND
    assert place.files() == before


def test_several_homes_are_bound_at_once(place: Place) -> None:
    other = Place(place.root / "other")
    one = place.binder().bind(place.home, PORT)
    two = place.binder().bind(other.home, PORT)
    assert one.secret != two.secret
    place.binder().unbind(other.home)
    assert other.config.read_bytes() == TYPICAL
    assert place.address() == base_address(PORT, one.secret)


def test_edits_made_while_bound_are_kept(place: Place) -> None:
    place.binder().bind(place.home, PORT)
    text = place.config.read_text().replace("gpt-5", "gpt-6") + "[mcp_servers.new]\n"
    place.config.write_text(text)
    place.binder().unbind(place.home)
    expected = TYPICAL.decode().replace("gpt-5", "gpt-6") + "[mcp_servers.new]\n"
    assert place.config.read_text() == expected


class TestModes:
    """The file is private while it holds the secret."""

    def test_a_mode_chosen_while_bound_stays(self, place: Place) -> None:
        place.binder().bind(place.home, PORT)
        place.config.chmod(0o660)
        place.binder().unbind(place.home)
        assert place.config.stat().st_mode & 0o777 == 0o660

    def test_a_file_opened_up_while_bound_is_made_private_again(self, place: Place) -> None:
        place.binder().bind(place.home, PORT)
        place.config.chmod(0o640)
        assert place.binder().bind(place.home, PORT).changed
        assert place.config.stat().st_mode & 0o777 == 0o600
        place.binder().unbind(place.home)
        assert place.config.stat().st_mode & 0o777 == 0o640

    def test_the_old_mode_returns_when_the_user_removed_the_line(self, place: Place) -> None:
        place.binder().bind(place.home, PORT)
        place.config.write_bytes(TYPICAL)
        assert place.binder().unbind(place.home).result is UndoResult.ALREADY_GONE
        assert place.config.stat().st_mode & 0o777 == 0o644


class TestOthersValues:
    """What stands in the key already, or later, and whose it is."""

    @pytest.mark.parametrize(
        ("value", "kind"),
        [
            ("http://127.0.0.1:10100/v1", Replaces.LOOPBACK),
            ("http://localhost:1455", Replaces.LOOPBACK),
            ("http://[::1]:8080/x", Replaces.LOOPBACK),
            ("https://gateway.example/codex", Replaces.GATEWAY),
            ("http://192.168.1.5:8080", Replaces.GATEWAY),
            ("http://127.0.0.1.example/", Replaces.GATEWAY),
            ("http://[not an address", Replaces.GATEWAY),
            ("", Replaces.GATEWAY),
        ],
    )
    def test_a_foreign_address_is_told_apart_and_given_back(
        self, tmp_path: Path, value: str, kind: Replaces
    ) -> None:
        place = Place(tmp_path, config=f"{KEY} = '{value}'\n".encode())
        before = place.files()
        plan = place.binder().plan(place.home, PORT)
        assert plan.replaces is kind
        assert plan.needs_replace is (kind is Replaces.GATEWAY)
        receipt = place.binder().bind(place.home, PORT, replace=plan.needs_replace)
        assert receipt.replaces is kind
        assert place.address() == base_address(PORT, receipt.secret)
        place.binder().unbind(place.home)
        assert place.files() == before

    @pytest.mark.parametrize("literal", ["'https://gateway.example'", "5", '{ a = "b" }'])
    def test_a_gateway_is_left_alone_without_the_users_word(
        self, tmp_path: Path, literal: str
    ) -> None:
        place = Place(tmp_path, config=f"{KEY} = {literal}\n".encode())
        before = place.files()
        refused = refusal(lambda: place.binder().bind(place.home, PORT))
        assert refused.code == "bind_needs_replace"
        assert refused.exit_code is ExitCode.LEFT_ALONE
        assert place.files() == before
        assert place.notes() == []

    def test_a_name_in_a_gateways_address_is_not_shown(self, tmp_path: Path) -> None:
        config = f"{KEY} = 'https://me:fake-password@gateway.example/x?key=fake-key'\n".encode()
        place = Place(tmp_path, config=config)
        shown = [
            str(place.binder().plan(place.home, PORT)),
            refusal(lambda: place.binder().bind(place.home, PORT)).message,
            str(place.binder().bind(place.home, PORT, replace=True)),
            str(place.binder().records()),
        ]
        assert "gateway.example" in shown[0]
        assert not [text for text in shown if "fake-" in text]

    def test_a_dead_address_of_ours_is_never_given_back(self, tmp_path: Path) -> None:
        old = f'a = 1\n{KEY} = "http://127.0.0.1:8791/c/{"x" * 43}/backend-api/codex"\nb = 2\n'
        place = Place(tmp_path, config=old.encode())
        assert place.binder().bind(place.home, PORT).replaces is Replaces.ORPHAN
        place.binder().unbind(place.home)
        assert place.config.read_text() == "a = 1\nb = 2\n"

    def test_a_later_value_of_the_user_stays_until_force(self, tmp_path: Path) -> None:
        config = f"{KEY} = 'http://localhost:1' # router\n".encode()
        place = Place(tmp_path, config=config)
        place.binder().bind(place.home, PORT)
        place.config.write_text(f"{KEY} = 'https://mine.example' # new\n")
        changed = place.files()
        assert place.binder().status(place.home).state is BindState.DRIFTED
        for keep_secret in (True, False):
            end = place.binder().unbind(place.home, keep_secret=keep_secret)
            assert end.result is UndoResult.LEFT_ALONE
            assert end.exit_code is ExitCode.LEFT_ALONE
            assert place.files() == changed
        assert place.binder().unbind(place.home, force=True).result is UndoResult.RESTORED
        assert place.config.read_text() == f"{KEY} = 'http://localhost:1' # new\n"
        assert place.notes() == []

    def test_binding_again_takes_the_users_later_value_as_the_old_one(self, place: Place) -> None:
        place.binder().bind(place.home, PORT)
        later = TYPICAL + b""
        place.config.write_bytes(f"{KEY} = 'http://localhost:7'\n".encode() + later)
        place.binder().bind(place.home, PORT)
        place.binder().unbind(place.home)
        assert place.config.read_bytes() == f"{KEY} = 'http://localhost:7'\n".encode() + later


class TestPlan:
    """What will change is shown before it does."""

    def test_the_plan_shows_one_line_and_no_secret(self, place: Place) -> None:
        before = place.files()
        plan = place.binder().plan(place.home, PORT)
        changed = [line for line in plan.diff.splitlines()[2:] if not line.startswith("@@")]
        assert changed == [f'+{KEY} = "http://127.0.0.1:{PORT}/c/••••/backend-api/codex"']
        assert place.files() == before
        assert place.notes() == []

    def test_the_plan_of_a_port_change_shows_both_ports(self, place: Place) -> None:
        secret = place.binder().bind(place.home, PORT).secret
        plan = place.binder().plan(place.home, 9000)
        assert plan.replaces is Replaces.OURS
        assert f":{PORT}/c/••••/" in plan.diff
        assert ":9000/c/••••/" in plan.diff
        assert secret.value not in str(plan)

    def test_nothing_to_do_is_an_empty_plan(self, place: Place) -> None:
        place.binder().bind(place.home, PORT)
        assert place.binder().plan(place.home, PORT).diff == ""

    def test_no_neighbouring_line_is_shown(self, tmp_path: Path) -> None:
        place = Place(tmp_path, config=b"experimental_bearer_token = 'fake-token'\nb = 1\n")
        assert "fake-token" not in place.binder().plan(place.home, PORT).diff


def test_an_unbind_that_cannot_be_done_yet_is_done_later(place: Place) -> None:
    place.binder().bind(place.home, PORT)
    good = place.config.read_bytes()
    place.config.write_bytes(good + b"broken = \n")
    assert place.binder().status(place.home).state is BindState.BROKEN
    assert refusal(lambda: place.binder().unbind(place.home)).code == "config_invalid"
    place.config.write_bytes(good)
    assert place.binder().unbind(place.home).result is UndoResult.RESTORED
    assert place.config.read_bytes() == TYPICAL


def test_a_home_on_a_disk_that_is_away_keeps_its_lease(place: Place) -> None:
    place.binder().bind(place.home, PORT)
    away = place.home.rename(place.root / "away")
    assert refusal(lambda: place.binder().unbind(place.home)).code == "home_missing"
    away.rename(place.home)
    assert place.binder().unbind(place.home).result is UndoResult.RESTORED
    place.binder().bind(place.home, PORT)
    place.home.rename(place.root / "gone")
    assert place.binder().unbind(place.home, force=True).result is UndoResult.ALREADY_GONE
    assert place.notes() == []


class TestStatus:
    """Where a home stands."""

    def test_a_home_goes_from_unbound_to_bound_and_back(self, place: Place) -> None:
        assert place.binder().status(place.home).state is BindState.UNBOUND
        place.binder().bind(place.home, PORT)
        status = place.binder().status(place.home)
        assert (status.state, status.port, status.since) == (BindState.BOUND, PORT, START)
        place.binder().unbind(place.home)
        assert place.binder().status(place.home).state is BindState.UNBOUND

    @pytest.mark.parametrize(
        "line", ["", f"{KEY} = 'https://x.example'\n", f"{KEY} = 5\n"], ids=["gone", "other", "5"]
    )
    def test_a_key_that_changed_hands_is_drifted(self, place: Place, line: str) -> None:
        place.binder().bind(place.home, PORT)
        place.config.write_text(line)
        status = place.binder().status(place.home)
        assert status.state is BindState.DRIFTED
        assert status.because

    def test_a_damaged_journal_is_broken_and_stops_every_act(self, place: Place) -> None:
        place.binder().bind(place.home, PORT)
        (journal,) = place.binds.glob("*.json")
        journal.write_text("{")
        bound = place.files()
        assert place.binder().status(place.home).state is BindState.BROKEN
        assert refusal(lambda: place.binder().bind(place.home, 9000)).code == "journal_damaged"
        assert refusal(lambda: place.binder().unbind(place.home)).code == "journal_damaged"
        (recovery,) = place.binder().recover()
        assert recovery.result is None
        assert str(journal) in recovery.because
        assert place.binder().records() == ()
        assert place.files() == bound


def test_binds_of_two_programs_wait_for_each_other(place: Place) -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with BindLock(place.lock).held():
            held.set()
            done.wait(5)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(5)
    acts: list[str] = []

    def step(act: str) -> None:
        assert done.is_set()
        acts.append(act)

    threading.Timer(0.1, done.set).start()
    place.binder(step=step).bind(place.home, PORT)
    holder.join()
    assert acts


def test_a_bind_that_never_ends_is_not_waited_for_without_end(place: Place) -> None:
    def wait() -> None:
        with BindLock(place.lock, patience_s=0.05).held():
            pytest.fail("two at once")

    with BindLock(place.lock).held():
        assert refusal(wait).code == "bind_busy"


def test_the_secret_is_in_no_file_but_two(place: Place) -> None:
    secret = place.binder().bind(place.home, PORT).secret.value
    holders = {
        path.suffix
        for path in place.root.rglob("*")
        if path.is_file() and secret in path.read_text()
    }
    assert holders == {".toml", ".secret"}
    journal = json.loads(next(place.binds.glob("*.json")).read_text())
    assert secret not in str(journal)
