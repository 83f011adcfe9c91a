"""The processes that are compared, each started for one run and stopped with it."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from core.standin.people import make_login
from tests.bench.load import Target
from tests.fakes.connect_proxy import Authority

ROOT = Path(__file__).resolve().parents[2]
LIMITED = "ws-bench-a"
CARRIERS = {
    "asyncio": "asyncio",
    "uvloop": "uvloop",
    "window": "idle window",
    "window-busy": "busy window",
    "qasync": "idle window, qasync",
}
"""The loops on which the proxy is also run alone, and what their columns are called."""

_NGINX = """
daemon off; master_process on; worker_processes auto; pid {folder}/nginx.pid;
worker_rlimit_nofile 20000; error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
  access_log off; client_max_body_size 64m; client_body_buffer_size 16m;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  keepalive_requests 1000000;
  upstream back_end {{ server 127.0.0.1:{back_end}; keepalive 1024; keepalive_requests 1000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=2048;
    location / {{
      proxy_pass https://back_end; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_ssl_verify on; proxy_ssl_trusted_certificate {ca}; proxy_ssl_name 127.0.0.1;
      proxy_ssl_session_reuse on; proxy_buffering off; proxy_read_timeout 600s;
    }}
    location /sockets/ {{
      proxy_pass https://back_end/; proxy_http_version 1.1; proxy_read_timeout 600s;
      proxy_set_header Connection "Upgrade"; proxy_set_header Upgrade websocket;
      proxy_ssl_verify on; proxy_ssl_trusted_certificate {ca}; proxy_ssl_name 127.0.0.1;
    }}
  }}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """One of those that are compared; `pid` is None for the back end asked directly."""

    target: Target
    pid: int | None
    started_s: float = 0.0
    fails_over: bool = False

    @property
    def sockets(self) -> Target | None:
        """Where WebSockets are asked for; None: it does not know them."""
        if self.target.name == "plain Node":
            return None
        base = "/sockets" + self.target.base if self.target.name == "nginx" else self.target.base
        return replace(self.target, base=base)


@contextmanager
def back_end(folder: Path, authority: Authority) -> Iterator[Target]:
    """The back end; as a target it is *direct*."""
    authority.server_context("127.0.0.1")
    command = [sys.executable, "-m", "tests.bench.back_end", str(folder / "127.0.0.1.pem")]
    with _process(command) as process:
        port = int(_first_line(process))
        tls = ssl.create_default_context(cafile=str(authority.bundle))
        yield Target(name="direct", port=port, base="/backend-api/codex", tls=tls)


@contextmanager
def nginx(folder: Path, authority: Authority, direct: Target) -> Iterator[Setup]:
    """nginx as a TLS reverse proxy of the same back end, unbuffered, with keep-alive."""
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if program is None:
        sys.exit("the benchmark compares with nginx: install the package nginx-light")
    port = free_port()
    settings = folder / "nginx.conf"
    settings.write_text(
        _NGINX.format(folder=folder, back_end=direct.port, port=port, ca=authority.bundle)
    )
    began = time.perf_counter()
    with _process([program, "-p", str(folder), "-c", str(settings)]) as process:
        _wait_for(port)
        took = time.perf_counter() - began
        target = Target(name="nginx", port=port, base=direct.base)
        yield Setup(target=target, pid=process.pid, started_s=took)


@contextmanager
def node(authority: Authority, direct: Target) -> Iterator[Setup]:
    """A plain proxy in Node."""
    program = shutil.which("node")
    if program is None:
        sys.exit("there is no node here: leave it out of --with")
    script = Path(__file__).with_name("node_proxy.mjs")
    port = free_port()
    command = [program, str(script), str(port), str(direct.port), str(authority.bundle)]
    began = time.perf_counter()
    with _process(command) as process:
        _first_line(process)
        took = time.perf_counter() - began
        target = Target(name="plain Node", port=port, base=direct.base)
        yield Setup(target=target, pid=process.pid, started_s=took)


@contextmanager
def carrier(loop: str, authority: Authority, direct: Target) -> Iterator[Setup]:
    """The proxy alone on a loop of this kind."""
    command = [sys.executable, "-m", "tests.bench.carrier", loop, str(direct.port)]
    began = time.perf_counter()
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with _process([*command, str(authority.bundle)], environment) as process:
        port = int(_first_line(process))
        took = time.perf_counter() - began
        target = Target(
            name=f"carrier, {CARRIERS[loop]}", port=port, base="/c/bench/backend-api/codex"
        )
        yield Setup(target=target, pid=process.pid, started_s=took)


def prepared(folder: Path, authority: Authority, direct: Target) -> dict[str, str]:
    """An environment whose data folder has two accounts, and whose Codex is signed in to one."""
    codex_home = folder / "codex"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "CODEX_HOME": str(codex_home),
        "TURNTABLE_HOME": str(folder / "turntable"),
        # A guard outlives its program by design; it costs a request nothing and would be left here.
        "TURNTABLE_BIND_WATCH": "false",
        "TURNTABLE_PASSPHRASE": "fake passphrase of the benchmark",
        "TURNTABLE_UPSTREAM_BASE_URL": f"https://127.0.0.1:{direct.port}/backend-api",
        "TURNTABLE_UPSTREAM_AUTH_URL": f"https://127.0.0.1:{direct.port}",
        "TURNTABLE_UPSTREAM_CA_FILE": str(authority.bundle),
        "TURNTABLE_PROXY_PORT": str(free_port()),
    }
    for name in ("b", "a"):  # a, the newest, is still signed in there when it is bound
        source = folder / f"source-{name}"
        source.mkdir()
        login = make_login(f"bench-{name}", workspace=f"ws-bench-{name}")
        (source / "auth.json").write_text(json.dumps(login.auth_json))
        verb("import", "--from", "codex", environment={**environment, "CODEX_HOME": str(source)})
    codex_home.mkdir()
    (codex_home / "auth.json").write_text((folder / "source-a" / "auth.json").read_text())
    return environment


def routed(environment: dict[str, str], name: str) -> Target:
    """Bind Codex to the Turntable that runs; where its requests go then."""
    verb("bind", environment=environment)
    verb("use", "bench-a@example.com", environment=environment)
    config = (Path(environment["CODEX_HOME"]) / "config.toml").read_text()
    address = re.search(r'http://127\.0\.0\.1:(\d+)(/[^"]+)', config)
    assert address is not None, config
    return Target(name=name, port=int(address[1]), base=address[2])


def verb(*words: str, environment: dict[str, str]) -> None:
    """`turntable WORDS…`, which must end well."""
    _done([sys.executable, "-m", "core", *words], environment)


@contextmanager
def whole(
    folder: Path, authority: Authority, direct: Target, *, window: Path | None = None
) -> Iterator[Setup]:
    """`turntable serve` with two accounts, vault, ledger, selection and bind.

    `window`: a socket at which its tasks can be counted (`tests.bench.watched`).
    """
    environment = prepared(folder, authority, direct)
    program = ["core"] if window is None else ["tests.bench.watched", str(window)]
    began = time.perf_counter()
    with _process([sys.executable, "-m", *program, "serve"], environment) as process:
        _first_line(process)
        took = time.perf_counter() - began
        target = routed(environment, "turntable serve")
        yield Setup(target=target, pid=process.pid, started_s=took, fails_over=True)


def named(
    name: str, folder: Path, authority: Authority, direct: Target
) -> AbstractContextManager[Setup]:
    """What a column's name stands for."""
    from tests.bench import window  # it stands on this file

    match name:
        case "nginx":
            return nginx(folder, authority, direct)
        case "node":
            return node(authority, direct)
        case "serve":
            return whole(folder, authority, direct)
        case _ if name in CARRIERS:
            return carrier(name, authority, direct)
        case _ if name in window.ENGINES:
            return window.tray(window.ENGINES[name], folder, authority, direct)
        case _:
            known = ", ".join(("node", "serve", *window.ENGINES, *CARRIERS))
            sys.exit(f"{name} is none of {known}")


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def _process(
    command: list[str], environment: dict[str, str] | None = None
) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        sys.exit("a process of the benchmark did not start")
    return line


def _done(command: list[str], environment: dict[str, str]) -> None:
    ran = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        sys.exit(f"{' '.join(command[1:])}: {ran.stdout}{ran.stderr}")


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    sys.exit("nginx did not start")
