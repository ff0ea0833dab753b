"""No bytes can do worse to the reader than be refused."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from gtfs.reader import BrokenFeed, read_network
from gtfs.writer import write_network
from tests.builders import LOOP, a_network, every

with zipfile.ZipFile(io.BytesIO(write_network(a_network(LOOP, headway=every(10))))) as _archive:
    TEXTS = {name: _archive.read(name) for name in _archive.namelist()}


def packed(texts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return out.getvalue()


WHOLE = packed(TEXTS)
nasty = st.sampled_from([b",", b'"', b"\n", b"\r", b"-1", b"9" * 20, b"\xff", b"\x00", "é".encode()])
junk = st.binary(max_size=8) | nasty


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.floats(0, 1), st.integers(0, 12), junk)
def test_damage_to_a_file_is_refused_or_harmless(name: str, where: float, removed: int, put_in: bytes) -> None:
    text = TEXTS[name]
    start = int(where * len(text))
    with suppress(BrokenFeed):
        network = read_network(packed({**TEXTS, name: text[:start] + put_in + text[start + removed :]}))
        assert read_network(write_network(network)) == network


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=40))
def test_damage_to_the_zip_is_refused_or_harmless(where: float, removed: int, put_in: bytes) -> None:
    start = int(where * len(WHOLE))
    with suppress(BrokenFeed):
        read_network(WHOLE[:start] + put_in + WHOLE[start + removed :])
