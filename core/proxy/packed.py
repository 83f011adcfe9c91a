"""A body that may be packed (pure): its beginning, where routing nearly always looks; all of it."""


def beginning(body: bytes, coding: bytes, size: int) -> tuple[str, bool]:
    """The first `size` bytes of a body as text, and whether that is all of it.

    Args:
        body: as it came.
        coding: its `content-encoding`, in small letters; of an unknown one nothing is read.
        size: bytes of the unpacked text.
    """
    if coding in (b"", b"identity"):
        plain, whole = body[:size], len(body) <= size
    elif coding == b"zstd":
        import zstandard

        try:
            plain = zstandard.ZstdDecompressor().stream_reader(body).read(size + 1)
        except zstandard.ZstdError:
            return "", True
        plain, whole = plain[:size], len(plain) <= size
    else:
        return "", True
    return plain.decode("utf-8", "ignore"), whole


def unpacked(body: bytes, coding: bytes, largest: int) -> bytes | None:
    """All of a body; None: of an unknown coding, not packed as it says, or over `largest` bytes."""
    if coding in (b"", b"identity"):
        return body
    if coding != b"zstd":
        return None
    import zstandard

    try:
        plain = zstandard.ZstdDecompressor().stream_reader(body).read(largest + 1)
    except zstandard.ZstdError:
        return None
    return plain if len(plain) <= largest else None
