"""The model catalogue that the stand-in serves: a few real names with texts of our own."""

import hashlib
import json
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The body of `GET models` and what follows from it.

    Attributes:
        body: `{"models": […]}` as bytes.
        models: the ids that `POST responses` accepts.
    """

    body: bytes
    models: frozenset[str]

    def etag_for(self, account_id: str) -> str:
        """With its quotes; also in `x-models-etag` of every response.

        Each workspace has one of its own: what is cached for one is not valid for another.
        """
        digest = hashlib.sha256(account_id.encode() + b"\0" + self.body)
        return f'"{digest.hexdigest()[:16]}"'


def load() -> Catalogue:
    """The catalogue of this package."""
    return parse(resources.files("core.standin").joinpath("catalogue.json").read_bytes())


def parse(body: bytes) -> Catalogue:
    """A catalogue from its bytes."""
    models = frozenset(str(entry["slug"]) for entry in json.loads(body)["models"])
    return Catalogue(body=body, models=models)
