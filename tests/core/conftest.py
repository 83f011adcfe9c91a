"""What the core's tests share: passphrases that cost nothing."""

from collections.abc import Iterator

import pytest

from core.storage import vault
from tests.core.storage.samples import CHEAP


@pytest.fixture(scope="package", autouse=True)
def cheap_passphrases() -> Iterator[None]:
    """Whole apps open their vaults in no time; the journeys pay a passphrase's real cost.

    That cost is 128 MB and a third of a second of a processor, several times a test: on a machine
    that is busy it is most of what a test waits for.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vault, "ScryptCost", lambda: CHEAP)
        yield
