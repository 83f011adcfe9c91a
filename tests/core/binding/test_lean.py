"""The guard does without OpenSSL where Python has code of its own."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

_SAYS = """\
import importlib.util, sys
found = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "{without}" else found(name)
sys.path.append({root!r})
from core.binding.lean import spare_openssl
spare_openssl()
import hashlib
print(hashlib.sha256(b"x").hexdigest(), sys.modules.get("_hashlib") is None)
"""


@pytest.mark.parametrize(
    ("without", "spared"),
    [
        pytest.param("", "True", id="a whole Python"),
        pytest.param("_sha2", "False", id="one that has only OpenSSL's"),
    ],
)
def test_digests_are_the_same_and_openssl_is_loaded_only_where_it_must_be(
    without: str, spared: str
) -> None:
    says = _SAYS.format(without=without, root=str(Path(__file__).parents[3]))
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", says], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == [sha256(b"x").hexdigest(), spared]
