"""Whoever finds a port taken is told by whom, where the system says so."""

import os
import socket
from pathlib import Path

import pytest

from core.oauth.port_owner import who_listens
from tests.core.oauth.ports import free_ports


def test_the_program_that_listens_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        owner = who_listens(server.getsockname()[1])
    name = Path("/proc/self/comm").read_text().strip()
    assert owner == f"{name} (pid {os.getpid()})"


def test_a_listener_on_ipv6_is_named_too() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        owner = who_listens(server.getsockname()[1])
    assert owner is not None
    assert owner.endswith(f"(pid {os.getpid()})")


def test_a_port_that_nobody_holds_has_no_owner() -> None:
    (port,) = free_ports(1)
    assert who_listens(port) is None


_REST = "00000000:00000000 00:00000000 00000000     0        0"
_TABLE = f"""\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:05AF 00000000:0000 0A {_REST} 4242 1
   1: 0100007F:05AF 0100007F:9999 01 {_REST} 4243 1
rubbish
"""


@pytest.mark.parametrize(
    ("port", "holder", "owner"),
    [
        pytest.param(1455, "socket:[4242]", "codex (pid 7)", id="its own"),
        pytest.param(1455, "socket:[4243]", None, id="a connection is no listener"),
        pytest.param(1457, "socket:[4242]", None, id="another port"),
    ],
)
def test_the_tables_of_the_system_are_read(
    tmp_path: Path, port: int, holder: str, owner: str | None
) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text(_TABLE)
    (tmp_path / "self").mkdir()
    (tmp_path / "6").mkdir()  # a process that has just ended: no descriptors
    process = tmp_path / "7"
    (process / "fd").mkdir(parents=True)
    (process / "comm").write_text("codex\n")
    (process / "fd" / "3").symlink_to(holder)
    assert who_listens(port, tmp_path) == owner


def test_another_users_program_is_not_named(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text(_TABLE)
    assert who_listens(1455, tmp_path) is None


def test_a_program_without_a_name_is_another_program(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text(_TABLE)
    (tmp_path / "7" / "fd").mkdir(parents=True)
    (tmp_path / "7" / "fd" / "3").symlink_to("socket:[4242]")
    assert who_listens(1455, tmp_path) == "another program (pid 7)"
