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
        etag: with its quotes; also in `x-models-etag` of every response.
        models: the ids that `POST responses` accepts.
    """

    body: bytes
    etag: str
    models: frozenset[str]


def load() -> Catalogue:
    """The catalogue of this package."""
    return parse(resources.files("core.standin").joinpath("catalogue.json").read_bytes())


def parse(body: bytes) -> Catalogue:
    """A catalogue from its bytes."""
    models = frozenset(str(entry["slug"]) for entry in json.loads(body)["models"])
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    return Catalogue(body=body, etag=etag, models=models)
