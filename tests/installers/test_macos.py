"""The macOS bundle's Info.plist, as an independent reader sees it (seen by no Mac)."""

import plistlib

from installers.macos import BUNDLE_ID, info_plist


def test_the_bundle_says_what_a_mac_asks_for() -> None:
    plist = plistlib.loads(plistlib.dumps(info_plist("1.2.3")))
    assert plist["CFBundleIdentifier"] == BUNDLE_ID
    assert plist["CFBundleShortVersionString"] == plist["CFBundleVersion"] == "1.2.3"
    assert plist["CFBundleExecutable"] == "turntable"
    assert plist["LSUIElement"] is True, "an app of the menu bar has no Dock icon"
