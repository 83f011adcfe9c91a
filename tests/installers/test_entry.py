"""The packaged app leaves the environment as it found it, for whatever it starts."""

import pytest

from installers.entry import forget_the_loader


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"PATH": "/bin"}, {"PATH": "/bin"}, id="nothing of the loader's"),
        pytest.param(
            {"LD_LIBRARY_PATH": "/app", "LD_LIBRARY_PATH_ORIG": "/mine"},
            {"LD_LIBRARY_PATH": "/mine"},
            id="the user's own libraries come back",
        ),
        pytest.param(
            {"LD_LIBRARY_PATH": "/app", "QT_PLUGIN_PATH": "/app", "_PYI_ARCHIVE_FILE": "/app/x"},
            {},
            id="the app's own go",
        ),
    ],
)
def test_what_the_loader_has_set_is_forgotten(
    before: dict[str, str], after: dict[str, str]
) -> None:
    environment = dict(before)
    forget_the_loader(environment)
    assert environment == after
