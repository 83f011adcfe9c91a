"""The app's picture in the formats of Windows and macOS, from the one SVG."""

from pathlib import Path

import pytest
from PIL import Image

from installers.pictures import draw, icon_for
from tests.house.tree import ROOT


@pytest.mark.parametrize("ending", ["ico", "icns"])
@pytest.mark.usefixtures("qapp")
def test_the_picture_is_there_in_every_size(tmp_path: Path, ending: str) -> None:
    icon = tmp_path / f"turntable.{ending}"
    draw(ROOT / "resources" / "icons" / "turntable.svg", icon)
    with Image.open(icon) as picture:
        assert picture.size >= (128, 128)
        assert picture.convert("RGBA").getchannel("A").getbbox() is not None, "it is not empty"


def test_programs_on_linux_have_no_picture_of_their_own() -> None:
    assert icon_for("linux", ROOT) is None
