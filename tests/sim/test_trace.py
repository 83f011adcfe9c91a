"""`simulate --trace FILE`: a file of work goes in, each strategy's score comes out."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.cli.reader import Reader
from core.cli.render import render
from core.control.verbs.simulate import read_trace
from core.domain.errors import CoreError
from core.words.speech import english
from tests.core.routing.engine import running
from tests.fakes.clock import START

GOOD: dict[str, Any] = {
    "accounts": [{"plan": "plus", "session": 100, "week": 300}] * 2,
    "turns": [[0, "a", 60], [60, "b", 60], [120, "a", 60]],
}


async def test_every_strategy_does_the_work_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    file.write_text(json.dumps(GOOD), encoding="utf-8")
    async with running(tmp_path, "Ada") as engine:
        found = await engine.ask("simulate", trace=str(file))
        assert engine.served_by == []
    assert found["turns"] == 3
    assert len(found["scores"]) == 7
    text = render("simulate", found, Reader(speech=english(), now=START))
    assert text.splitlines()[1].split()[:2] == ["balanced", "100.00%"]


async def test_what_is_no_trace_is_refused_with_the_reason(tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    file.write_text("{}", encoding="utf-8")
    async with running(tmp_path, "Ada") as engine:
        for named, reason in (
            (file, "“accounts” is missing"),
            (tmp_path / "missing.json", "No such file"),
        ):
            with pytest.raises(CoreError, match=reason) as caught:
                await engine.ask("simulate", trace=str(named))
            assert (caught.value.code, caught.value.exit_code) == ("bad_trace", 2)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param([], id="no object"),
        pytest.param({**GOOD, "accounts": []}, id="no account"),
        pytest.param({**GOOD, "accounts": [{"plan": "plus"}]}, id="half an account"),
        pytest.param({**GOOD, "turns": [[0, "a", 0]]}, id="a turn of nothing"),
        pytest.param({**GOOD, "turns": [[0, "a"]]}, id="half a turn"),
        pytest.param({**GOOD, "turns": [[9, "a", 1], [1, "a", 1]]}, id="time goes back"),
        pytest.param({**GOOD, "turns": [[-1, "a", 1]]}, id="before the beginning"),
        pytest.param({**GOOD, "turns": [[float("nan"), "a", 1]]}, id="at no time"),
        pytest.param({**GOOD, "turns": [["noon", "a", 1]]}, id="a time in words"),
    ],
)
def test_nonsense_is_no_trace(document: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_trace(document)
