"""Linux packages out of the packaged app: a `.deb`, and an AppDir (what an AppImage holds)."""

import shutil
import subprocess
from pathlib import Path

from installers.bootstrap import ROOT

_INSTALLED = Path("usr/lib/turntable")
_DESKTOP_ENTRY = """\
[Desktop Entry]
Type=Application
Name=Turntable
GenericName=Codex accounts
Comment=Every Codex account you own, on one tray icon
Exec=turntable
Icon=turntable
Terminal=false
Categories=Development;
Keywords=codex;accounts;proxy;
StartupNotify=false
"""
_CONTROL = """\
Package: turntable
Version: {version}
Architecture: {architecture}
Maintainer: Turntable developers <turntable@example.invalid>
Installed-Size: {kilobytes}
Depends: libc6, {libraries}
Recommends: gnome-keyring | kwalletmanager
Section: utils
Priority: optional
Description: every Codex account you own, on one tray icon
 A tray app and a loopback proxy that route OpenAI's Codex through the accounts
 of its user, and move on before the first byte when one is limited.
 Independent of OpenAI; for accounts that the user owns or may use.
"""
_LIBRARIES = (
    "libegl1", "libgl1", "libfontconfig1", "libdbus-1-3", "libxkbcommon-x11-0", "libx11-xcb1",
    "libxcb-cursor0", "libxcb-icccm4", "libxcb-image0", "libxcb-keysyms1", "libxcb-randr0",
    "libxcb-render-util0", "libxcb-shape0", "libxcb-sync1", "libxcb-xfixes0",
)  # fmt: skip
PRERM = """\
#!/bin/sh
# Before the files go each user who has a Turntable gets Codex back, as that user, never as root.
set -e
[ "$1" = remove ] || exit 0
# The usual data folder, and those that entries for the login name: while Codex is routed, the
# guard's is there, wherever the folder lies.
data_folders() {
    echo "$1/.local/share/turntable"
    sed -n 's|^Exec[A-Za-z]*="\\(/[^"]*\\)/launch/turntable".*|\\1|p' \\
        "$1"/.config/autostart/turntable*.desktop \\
        "$1"/.config/systemd/user/turntable*.service 2>/dev/null
}
getent passwd | while IFS=: read -r user _ uid _ _ home _; do
    [ -d "$home" ] || continue
    if [ "$uid" = 0 ]; then
        as_user=""
    else
        as_user="runuser -u $user --"
    fi
    data_folders "$home" | sort -u | while read -r data; do
        [ -d "$data" ] || continue
        [ "$(stat -c %u "$data")" = "$uid" ] || continue
        $as_user env -i HOME="$home" TURNTABLE_HOME="$data" PATH=/usr/bin:/bin LANG=C.UTF-8 \\
            /usr/lib/turntable/turntable uninstall </dev/null ||
            echo "turntable: $user: \\`turntable uninstall\\` did not end well; see $data" >&2
    done
done
exit 0
"""
_APPRUN = """\
#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/usr/lib/turntable/turntable" "$@"
"""


def make_deb(app: Path, folder: Path, *, version: str) -> Path:
    """A Debian package of the app in `folder`; its path.

    Raises:
        subprocess.CalledProcessError: dpkg-deb said no; its own words are on stderr.
    """
    architecture = _said("dpkg", "--print-architecture")
    tree = folder / "deb"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(app, tree / _INSTALLED, symlinks=True)
    _write(tree / "usr/share/applications/turntable.desktop", _DESKTOP_ENTRY)
    _copy(ROOT / "resources/icons/turntable.svg", tree / "usr/share/icons/hicolor/scalable/apps")
    _copy(ROOT / "LICENSE", tree / "usr/share/doc/turntable", name="copyright")
    program = tree / "usr/bin/turntable"
    program.parent.mkdir(parents=True)
    program.symlink_to(Path("/") / _INSTALLED / "turntable")
    kilobytes = sum(p.lstat().st_size for p in tree.rglob("*") if not p.is_symlink()) // 1024
    control = _CONTROL.format(
        version=version,
        architecture=architecture,
        kilobytes=kilobytes,
        libraries=", ".join(_LIBRARIES),
    )
    _write(tree / "DEBIAN/control", control)
    _write(tree / "DEBIAN/prerm", PRERM, mode=0o755)
    for path in tree.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    package = folder / f"turntable_{version}_{architecture}.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(tree), str(package)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return package


def make_appdir(app: Path, folder: Path) -> Path:
    """The AppDir of the app in `folder`; its path. `AppRun` in it starts it."""
    tree = folder / "Turntable.AppDir"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(app, tree / "usr/lib/turntable", symlinks=True)
    _write(tree / "AppRun", _APPRUN, mode=0o755)
    _write(tree / "turntable.desktop", _DESKTOP_ENTRY)
    _copy(ROOT / "resources/icons/turntable.svg", tree)
    (tree / ".DirIcon").symlink_to("turntable.svg")
    return tree


def _write(path: Path, text: str, *, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def _copy(source: Path, folder: Path, *, name: str | None = None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / (name or source.name)
    shutil.copyfile(source, target)
    target.chmod(0o644)


def _said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
