"""The beginning of a body that may be packed (pure): what routing wants to know stands there."""


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
