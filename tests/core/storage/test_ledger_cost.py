"""`python -m tests.bench.ledger` prints what a request weighs and what a question costs."""

from pathlib import Path

from tests.bench.ledger import FLOOR_BYTES, lines, measure


async def test_both_figures_are_printed_beside_their_floors(tmp_path: Path) -> None:
    cost = await measure(tmp_path, 2000)
    assert cost.bytes_each < FLOOR_BYTES
    printed = lines(cost)
    assert printed[0] == "2,000 requests, 5 accounts, 400 days"
    assert printed[1].endswith("(at most 1,024)")
    assert [line.split(":")[0] for line in printed[2:]] == ["usage by account", "usage by day"]
