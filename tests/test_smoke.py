"""The smoke check sees a program that starts, and one that does not."""

import sys

import pytest

from tests.smoke import smoke

_SERVER = """
import http.server, json, threading
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"status": "ok", "name": %r}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Health)
print(f"Turntable listens on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
"""


def test_program_that_listens_and_answers_is_well() -> None:
    assert smoke([sys.executable, "-c", _SERVER % "turntable"]) == ""


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        pytest.param(_SERVER % "another", "/health: {", id="somebody else answers"),
        pytest.param("print('Traceback')", "first line: 'Traceback'", id="it fails at once"),
        pytest.param(
            "print('Turntable listens on http://127.0.0.1:9')", "/health: ", id="nobody answers"
        ),
        pytest.param("import time; time.sleep(60)", "first line: ''", id="it never says a word"),
    ],
)
def test_what_is_wrong_is_said(script: str, complaint: str) -> None:
    assert smoke([sys.executable, "-c", script], within_s=2).startswith(complaint)
