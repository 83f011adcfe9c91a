"""What is said of an account: to whoever decides, and to people. One row a sentence."""

from datetime import timedelta

import pytest

from core.domain.decision import AccountState, Because
from core.domain.health import Block
from core.domain.observed import Observed
from core.routing.eligibility import shown_standing, standing
from tests.core.routing.cases import A, waiting
from tests.core.routing.pool import NOW, account

DOUBTED = {A: Because.IN_DOUBT}
NOT_RENEWED = frozenset({A})
SHOWN = [
    pytest.param({}, Observed(), AccountState.READY, id="nothing is against it"),
    pytest.param(
        {}, Observed(unverified=DOUBTED), AccountState.UNVERIFIED, id="its login is in doubt"
    ),
    pytest.param(
        {},
        Observed(unverified=DOUBTED, blocks={A: waiting()}),
        AccountState.UNVERIFIED,
        id="a doubt goes before what will pass",
    ),
    pytest.param(
        {"enabled": False},
        Observed(unverified=DOUBTED),
        AccountState.DISABLED,
        id="disabled goes before a doubt",
    ),
    pytest.param(
        {},
        Observed(unverified=DOUBTED, signed_out={A: Because.SIGN_IN_ENDED}),
        AccountState.NEEDS_SIGN_IN,
        id="signed out goes before a doubt",
    ),
    pytest.param(
        {}, Observed(unrenewed=NOT_RENEWED), AccountState.FAILING, id="it could not be renewed"
    ),
    pytest.param(
        {},
        Observed(unrenewed=NOT_RENEWED, blocks={A: waiting()}),
        AccountState.WAITING,
        id="a limit goes before a renewal that failed",
    ),
]


@pytest.mark.parametrize(("changes", "observed", "state"), SHOWN)
def test_people_are_told(
    changes: dict[str, object], observed: Observed, state: AccountState
) -> None:
    assert shown_standing(account("A", 1, **changes), observed, now=NOW).state is state


def limited(because: Because, model: str) -> Observed:
    until = NOW + timedelta(hours=1)
    block = Block(because=because, model=model, since=NOW, until=until)
    return Observed(blocks={A: (block,)})


@pytest.mark.parametrize(
    ("because", "of", "asked", "told"),
    [
        pytest.param(Because.USAGE_LIMIT, "", "m", Because.USAGE_LIMIT, id="of all models"),
        pytest.param(Because.USAGE_LIMIT, "m", "m", Because.MODEL_LIMIT, id="of this one"),
        pytest.param(Because.USAGE_LIMIT, "n", "m", Because.READY, id="of another one"),
        pytest.param(Because.USAGE_LIMIT, "m", "", Because.READY, id="no model is asked for"),
        pytest.param(Because.RATE_LIMIT, "m", "m", Because.RATE_LIMIT, id="to slow down"),
        pytest.param(Because.NOT_INCLUDED, "m", "m", Because.NOT_INCLUDED, id="not in its plan"),
    ],
)
def test_a_limit_is_told_as_what_it_is(
    because: Because, of: str, asked: str, told: Because
) -> None:
    verdict = standing(account("A", 1), limited(because, of), model=asked, now=NOW)
    assert verdict.because is told
    assert verdict.eligible is (told is Because.READY)
