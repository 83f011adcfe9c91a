"""What tokens would cost through the API: an estimate, for comparison. A plan is paid otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.domain.usage import UsageSum

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for a million tokens of one model, from a day on.

    Attributes:
        model: the model id, whole.
        since: the first day that it holds; `date.min` where it held from the model's first day.
        input: tokens given that were not cached.
        cached_input: those that were.
        output: tokens made, reasoning included.
    """

    model: str
    since: date
    input: float
    cached_input: float
    output: float


def price_on(prices: Sequence[Price], model: str, day: date) -> Price | None:
    """The price that held that day; None when nobody has told us one."""
    held = [price for price in prices if price.model == model and price.since <= day]
    return max(held, key=lambda price: price.since, default=None)


def cost_of(used: UsageSum, prices: Sequence[Price]) -> float | None:
    """US dollars; None when the model's price is unknown and anything was used."""
    if not used.input and not used.output:
        return 0.0
    price = price_on(prices, used.model, used.first_hour.date())
    if price is None:
        return None
    fresh = max(0, used.input - used.cached_input)
    return (
        fresh * price.input + used.cached_input * price.cached_input + used.output * price.output
    ) / _MILLION
