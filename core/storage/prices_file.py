"""The price table that comes with the program (`resources/prices.toml`)."""

import tomllib
from datetime import date
from importlib.resources import files

from core.domain.prices import Price


def read_prices() -> tuple[Price, ...]:
    """Every price in it, each with its first day. Blocks for a small file."""
    text = files("resources").joinpath("prices.toml").read_text("utf-8")
    return tuple(
        Price(
            model=entry["model"],
            since=entry.get("since", date.min),
            input=entry["input"],
            cached_input=entry["cached_input"],
            output=entry["output"],
        )
        for entry in tomllib.loads(text)["price"]
    )
