"""The log: what is in it, who may read it, and what never gets into it."""

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.errors import CoreError
from core.runtime import logs
from core.runtime.logs import redact, start_logging, stop_logging
from tests.fakes.tokens import make_login

LOGIN = make_login("A", salt="canary")
REFRESH = "rt_fake-0123456789abcdef.canary"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """A started log's file; the root logger's level is given back."""
    level = logging.getLogger().level
    handler = start_logging(tmp_path, "info")
    yield tmp_path / "turntable.log"
    stop_logging(handler)
    logging.getLogger().setLevel(level)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("GET /c/abcDEF_-12345678/backend-api", "GET /c/••••/backend-api", id="bind"),
        pytest.param(f"token {LOGIN.access_token}", "token •••• (token)", id="a JWT"),
        pytest.param(f"token {LOGIN.access_token[:40]}", "token •••• (token)", id="half a JWT"),
        pytest.param("got rt_fake.0123456789abc", "got •••• (token)", id="a refresh token"),
        pytest.param("key sk-fake-0123456789", "key •••• (token)", id="an API key"),
        pytest.param("tt_0123456789abcdef!", "•••• (token)!", id="a client token"),
        pytest.param("Authorization: Bearer x.y", "Authorization: •••• ••••", id="a header"),
        pytest.param("BEARER x", "BEARER ••••", id="a bearer however it is written"),
        pytest.param('{"refresh_token": "short"}', '{"refresh_token": "••••"}', id="JSON"),
        pytest.param("{'id_token': 'short'}", "{'id_token': '••••'}", id="a dict"),
        pytest.param("code_verifier=abc&x=1", "code_verifier=••••&x=1", id="a form"),
        pytest.param("http://me:word@p:1", "http://me:••••@p:1", id="a proxy's login"),
        pytest.param("passphrase: hunter2", "passphrase: ••••", id="a passphrase"),
        pytest.param("port 8791 serves acc_x", "port 8791 serves acc_x", id="nothing of the kind"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_a_line_says_when_who_and_what(log: Path) -> None:
    logging.getLogger("core.app").info("listening on %d", 8791)

    line = log.read_text("utf-8")

    assert line.endswith(" INFO core.app: listening on 8791\n")


def test_an_exceptions_own_text_is_masked_too(log: Path) -> None:
    try:
        raise ValueError(f"not taken: {REFRESH} {LOGIN.access_token}")
    except ValueError:
        logging.getLogger("core.app").exception("failed with %s", LOGIN.id_token)

    text = log.read_text("utf-8")

    assert "ValueError: not taken" in text
    for secret in (REFRESH, LOGIN.access_token, LOGIN.id_token):
        assert secret not in text


def test_less_than_the_level_is_not_written(log: Path) -> None:
    logging.getLogger("core.app").debug("a detail")

    assert log.read_text("utf-8") == ""


def test_whole_addresses_of_the_http_library_are_not_written(log: Path) -> None:
    logging.getLogger("httpx").info("HTTP Request: GET https://example.com/x")

    assert log.read_text("utf-8") == ""


def test_every_file_of_a_full_log_is_ours_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_LARGEST", 200)
    before = os.umask(0o022)
    level = logging.getLogger().level
    handler = start_logging(tmp_path, "info")
    for number in range(20):
        logging.getLogger("core.app").info("line %d of a long log", number)
    stop_logging(handler)
    logging.getLogger().setLevel(level)
    os.umask(before)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert set(modes) == {"turntable.log", *(f"turntable.log.{n}" for n in (1, 2, 3))}
    assert set(modes.values()) == {0o600}


def test_a_log_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "turntable.log").mkdir()

    with pytest.raises(CoreError, match="cannot be written") as error:
        start_logging(tmp_path, "info")

    assert error.value.code == "log_not_writable"


def test_after_its_end_nothing_is_written(tmp_path: Path) -> None:
    level = logging.getLogger().level
    stop_logging(start_logging(tmp_path, "info"))
    logging.getLogger("core.app").warning("too late")
    logging.getLogger().setLevel(level)

    assert (tmp_path / "turntable.log").read_text("utf-8") == ""
