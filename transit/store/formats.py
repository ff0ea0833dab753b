"""Stored blobs carry the number of their format: what another version of this software wrote is not guessed at."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

MARK = 0xC1  # no msgpack value begins with this byte: what does not have it was written before formats had numbers
HEAD_BYTES = 2  # the mark and the number
Value = TypeVar("Value")


class StoredFormat(Generic[Value]):
    """msgpack of a type, behind the number of its format (1..255). The number grows when a field changes type or place."""

    def __init__(self, kind: type[Value], number: int) -> None:
        self._head = bytes((MARK, number))
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(kind).decode

    def encode(self, value: Value) -> bytes:
        return self._head + self._encode(value)

    def decode(self, blob: bytes) -> Value | None:
        """None where another format stands there, or something that is none: whoever asks begins anew."""
        head, content = blob[:HEAD_BYTES], blob[HEAD_BYTES:]
        if blob[:1] != self._head[:1]:
            content = blob
        elif head != self._head:
            return None
        try:
            return self._decode(content)
        except msgspec.MsgspecError:
            return None
