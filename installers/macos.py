"""The macOS app: what its bundle says of itself, and the disk image that holds it.

Written and validated on Linux only: nobody has seen a Mac take it. It is not signed; a Mac asks its
user before it opens what was downloaded.
"""

import subprocess
from pathlib import Path

BUNDLE_ID = "app.turntable"


def info_plist(version: str) -> dict[str, object]:
    """`Info.plist` of the app, beyond what PyInstaller writes by itself."""
    return {
        "CFBundleName": "Turntable",
        "CFBundleDisplayName": "Turntable",
        "CFBundleIdentifier": BUNDLE_ID,
        "CFBundleExecutable": "turntable",
        "CFBundlePackageType": "APPL",
        "CFBundleShortVersionString": version,
        "CFBundleVersion": version,
        "LSApplicationCategoryType": "public.app-category.developer-tools",
        "LSMinimumSystemVersion": "12.0",
        # An app of the menu bar: no Dock icon until a window is open.
        "LSUIElement": True,
        "NSHighResolutionCapable": True,
        "NSPrincipalClass": "NSApplication",
        "NSSupportsAutomaticGraphicsSwitching": True,
    }


def make_disk_image(app: Path, image: Path) -> None:
    """A compressed image with the app in it (`hdiutil`, macOS only).

    Raises:
        subprocess.CalledProcessError: hdiutil said no; its own words are on stderr.
    """
    command = ["hdiutil", "create", "-volname", "Turntable", "-srcfolder", str(app)]
    subprocess.run([*command, "-ov", "-format", "UDZO", str(image)], check=True)
