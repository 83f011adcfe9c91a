"""The small paths beside the turns, decided without a server."""

import json

from core.standin import catalogue, codex_paths
from core.standin.people import make_person
from core.standin.world import Account
from tests.core.standin.recordings import recorded
from tests.fakes.clock import START

MODELS = catalogue.parse(b'{"models":[{"slug":"made-up"}]}')
ACCOUNT = Account(person=make_person("A"))


def test_a_catalogue_is_sent_with_its_tag() -> None:
    first = codex_paths.models(recorded("/models?client_version=1"), ACCOUNT, MODELS)
    assert (first.status, first.body) == (200, MODELS.body)
    assert (b"etag", MODELS.etag_for("acct-A").encode()) in first.headers


def test_a_picture_says_when_it_was_made() -> None:
    assert json.loads(codex_paths.image(START).body)["created"] == int(START.timestamp())
