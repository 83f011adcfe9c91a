"""200 accounts are listed as fast as five, and cost next to no memory."""

from statistics import median

from tests.bench.accounts import measure


async def test_200_accounts_are_listed_in_time_and_cost_little_memory() -> None:
    few, many = await measure(5), await measure(200)
    assert (few.count, many.count) == (5, 200)
    assert median(many.asked_ms) < 150
    assert many.server_mb - few.server_mb < 10
