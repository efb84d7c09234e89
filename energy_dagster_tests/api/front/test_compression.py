import gzip

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from api.front.compression import compressed, compressor
from api.front.negotiation import Encoding

DECODERS = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    "identity": bytes,
}


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "identity"])
@given(pieces=st.lists(st.binary(max_size=2000), max_size=20))
def test_a_body_comes_back_whole_however_it_was_cut(encoding: Encoding, pieces: list[bytes]) -> None:
    one = compressor(encoding)
    sent = b"".join([*(one.add(piece) for piece in pieces), one.finish()])
    whole = compressed(b"".join(pieces), encoding)
    assert DECODERS[encoding](sent) == DECODERS[encoding](whole) == b"".join(pieces)
