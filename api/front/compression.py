"""Compressed bodies: whole ones, and streams piece by piece."""

import zlib
from typing import Protocol

import brotli
import zstandard

from api.front.negotiation import Encoding

_GZIP_LEVEL, _BROTLI_QUALITY, _ZSTD_LEVEL = 6, 5, 3
_GZIP_WINDOW = 31


class Compressor(Protocol):
    """Takes the pieces of a body in order; `finish` gives what is left."""

    def add(self, piece: bytes) -> bytes:
        """The bytes that are ready after this piece; may be none."""

    def finish(self) -> bytes:
        """The rest."""


class _Gzip:
    def __init__(self) -> None:
        self._compressor = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)

    def add(self, piece: bytes) -> bytes:
        return self._compressor.compress(piece)

    def finish(self) -> bytes:
        return self._compressor.flush()


class _Brotli:
    def __init__(self) -> None:
        self._compressor = brotli.Compressor(quality=_BROTLI_QUALITY)

    def add(self, piece: bytes) -> bytes:
        return bytes(self._compressor.process(piece))

    def finish(self) -> bytes:
        return bytes(self._compressor.finish())


class _Zstd:
    def __init__(self) -> None:
        self._compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compressobj()

    def add(self, piece: bytes) -> bytes:
        return self._compressor.compress(piece)

    def finish(self) -> bytes:
        return self._compressor.flush()


class _Identity:
    def add(self, piece: bytes) -> bytes:
        return piece

    def finish(self) -> bytes:
        return b""


def compressor(encoding: Encoding) -> Compressor:
    """A fresh compressor."""
    kinds: dict[Encoding, type[Compressor]] = {"gzip": _Gzip, "br": _Brotli, "zstd": _Zstd, "identity": _Identity}
    return kinds[encoding]()


def compressed(body: bytes, encoding: Encoding) -> bytes:
    """A whole body."""
    one = compressor(encoding)
    return one.add(body) + one.finish()
