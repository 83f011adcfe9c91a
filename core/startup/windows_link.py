"""A Windows shortcut as bytes ([MS-SHLLINK] 8.0), so that none is asked of a system we are not on.

It names its target in an EnvironmentVariableDataBlock, which Windows resolves when it is opened;
no item list of a running shell is needed. Read back on Linux only: no Windows has opened one.
"""

import struct

_CLASS = bytes.fromhex("0114020000000000c000000000000046")
_HAS_NAME, _HAS_ARGUMENTS, _IS_UNICODE, _HAS_EXP_STRING = 1 << 2, 1 << 5, 1 << 7, 1 << 9
_SHOW_NORMAL = 1
_ENVIRONMENT_BLOCK = 0xA0000001
_LONGEST_TARGET = 259


def link_bytes(target: str, arguments: str, *, description: str) -> bytes:
    """The shortcut.

    Args:
        target: the program's path.
        arguments: its arguments as one command line.
        description: shown beside the pointer.

    Raises:
        OSError: the target's path is longer than a shortcut can hold.
    """
    if len(target) > _LONGEST_TARGET:
        raise OSError(None, "the path is too long for a shortcut", target)
    flags = _HAS_NAME | _HAS_ARGUMENTS | _IS_UNICODE | _HAS_EXP_STRING
    # §2.1: size, class, flags, file attributes, three times, file size, icon, window, hot key.
    head = struct.pack(
        "<I16sIIQQQIiIHHII", 76, _CLASS, flags, 0, 0, 0, 0, 0, 0, _SHOW_NORMAL, 0, 0, 0, 0
    )
    strings = b"".join(_counted(text) for text in (description, arguments))
    # §2.5.4: the same path in the system's code page and in UTF-16, 260 characters each.
    block = struct.pack("<II", 0x314, _ENVIRONMENT_BLOCK)
    block += target.encode("ascii", "replace").ljust(260, b"\0")
    block += target.encode("utf-16-le").ljust(520, b"\0")
    return head + strings + block + struct.pack("<I", 0)


def _counted(text: str) -> bytes:
    """§2.4: how many characters, then they; no zero at the end."""
    return struct.pack("<H", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")
