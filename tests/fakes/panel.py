"""A real panel with a tray, for pictures: what a user of Xfce sees, pixel by pixel.

Needs `xfce4-panel` and `xdotool`; no test does.
"""

import subprocess
import time
from collections.abc import Callable

from PIL import Image, ImageChops, ImageGrab

from tests.fakes.desktop import Desktop, DesktopError

type Box = tuple[int, int, int, int]

_SETTLED_S = 0.4
_LOOK_EVERY_S = 0.05
_CHANNEL = """\
<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="dark-mode" type="bool" value="{dark}"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=8;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="32"/>
      <property name="icon-size" type="uint" value="22"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
        <value type="int" value="2"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
      <property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-2" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
      <property name="single-row" type="bool" value="true"/>
    </property>
  </property>
</channel>
"""


class Panel:
    """One panel at the bottom of a desktop, with nothing in it but the tray."""

    def __init__(self, desktop: Desktop, *, dark: bool = True) -> None:
        """The panel starts now, and ends with the desktop.

        Raises:
            DesktopError: it is not installed, or shows no tray.
        """
        self._desktop = desktop
        channel = desktop.home / ".config/xfce4/xfconf/xfce-perchannel-xml/xfce4-panel.xml"
        channel.parent.mkdir(parents=True)
        channel.write_text(_CHANNEL.format(dark=str(dark).lower()))
        desktop.start("xfce4-panel", "--disable-wm-check")
        desktop.wait_until(lambda: desktop.owns("org.kde.StatusNotifierWatcher"), "xfce4-panel")
        self._empty = self.settled()

    def picture(self) -> Image.Image:
        """The screen as it is now."""
        return ImageGrab.grab(xdisplay=self._desktop.display)

    def settled(self, *, after: Image.Image | None = None, timeout_s: float = 15) -> Image.Image:
        """The screen once it differs from `after` and has stopped changing."""
        end = time.monotonic() + timeout_s
        seen, since = self.picture(), time.monotonic()
        while time.monotonic() < end:
            time.sleep(_LOOK_EVERY_S)
            now = self.picture()
            if changed(seen, now):
                seen, since = now, time.monotonic()
            elif time.monotonic() - since > _SETTLED_S and (after is None or changed(after, now)):
                return now
        raise DesktopError(f"the screen did not settle within {timeout_s:g} s")

    def wait_for_icon(self) -> Box:
        """Where the first icon lies, once it is painted."""
        box = changed(self._empty, self.settled(after=self._empty))
        assert box is not None
        return box

    def open_menu(self, icon: Box) -> tuple[Image.Image, Box]:
        """Click the icon with the second button; the screen with the menu, and where it changed."""
        return self._after(icon, "3")

    def activate(self, icon: Box) -> tuple[Image.Image, Box]:
        """Click the icon with the first button; the screen afterwards, and where it changed."""
        return self._after(icon, "1")

    def _after(self, icon: Box, button: str) -> tuple[Image.Image, Box]:
        x, y = (icon[0] + icon[2]) // 2, (icon[1] + icon[3]) // 2
        before = self._do(lambda: self._desktop.run("xdotool", "mousemove", str(x), str(y)))
        self._do(lambda: self._desktop.run("xdotool", "click", button))
        shown = self.settled(after=before)
        box = changed(before, shown)
        assert box is not None
        return shown, box

    def _do(self, act: Callable[[], str]) -> Image.Image:
        try:
            act()
        except (OSError, subprocess.CalledProcessError) as error:
            raise DesktopError(f"xdotool: {error}") from error
        return self.picture()


def changed(before: Image.Image, after: Image.Image) -> Box | None:
    """The smallest rectangle that holds every pixel that differs; None where none does."""
    return ImageChops.difference(before.convert("RGB"), after.convert("RGB")).getbbox()
