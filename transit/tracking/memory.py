"""What the filter remembers of a vehicle between two fixes, and the formats in which it is or was stored."""

from __future__ import annotations

import msgspec

from transit.plan.network import TripInstance
from transit.tracking.accuracy_trust import AccuracyTrust
from transit.tracking.calls import Progress
from transit.tracking.detours import Detour
from transit.tracking.field_trust import FieldTrust
from transit.tracking.hypotheses import Belief
from transit.tracking.off_plan import OffPlan
from transit.tracking.orders import Order
from transit.tracking.standing import Standing
from transit.tracking.status import PublishedStatus
from transit.tracking.suspects import Suspects


class Excursion(msgspec.Struct, array_like=True):
    """Fixes off the place of a vehicle that stands, which may be noise."""

    since: float  # Unix seconds since which it has stood there
    began: float  # Unix seconds of the first of these fixes
    x: float  # metres on the plane: the middle of the place before them
    y: float
    belief: Belief  # before them
    trip: TripInstance | None = None  # that it was on its way on, before them; None while it waited at a first stop
    along_m: float = 0.0  # metres along that trip, before them


class Memory(msgspec.Struct, array_like=True):
    """What VehicleState.memory holds."""

    belief: Belief | None = None
    published: PublishedStatus | None = None
    progress: Progress | None = None
    suspects: Suspects | None = None
    trust: FieldTrust | None = None
    standing: Standing | None = None
    detours: tuple[Detour, ...] = ()
    off_plan: OffPlan | None = None
    accuracy: AccuracyTrust | None = None
    trail: list[tuple[float, float, float]] = []  # Unix seconds, metres east and north: fixes RHYTHM_S apart, oldest first
    excursion: Excursion | None = None
    order: Order | None = None


FORMAT = b"\x05"  # stands before the packed memory; raised whenever a field changes its meaning, its type or its place
# Older formats that are read: up to 4 the published status has `since`, up to 3 the memory has a single suspect; both are
# dropped. Up to 2 a hypothesis has no must_refit, its last field, which is then False.
WITH_SINCE, WITH_ONE_SUSPECT = b"\x04", (b"\x03", b"\x02")
BEFORE_FORMATS = range(0x90, 0xA0)  # how a memory begins that was packed before there were formats (a short msgpack array)
PUBLISHED, ONE_SUSPECT = 1, slice(3, 4)  # places in the memory
SINCE = slice(4, 5)  # place in the published status
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Memory).decode
_decode_fields = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_decode_published = msgspec.msgpack.Decoder(list[msgspec.Raw] | None).decode


def pack(memory: Memory) -> bytes:
    """The memory as bytes, for VehicleState.memory."""
    return FORMAT + _encode(memory)


def unpack(content: bytes) -> Memory:
    """The stored memory. From an unknown format: an empty one, as of a vehicle never seen before."""
    try:
        if content[:1] == FORMAT:
            return _decode(content[1:])
        if content[:1] == WITH_SINCE:
            return _decode_older(content[1:])
        if content[:1] in WITH_ONE_SUSPECT:
            return _decode_older(content[1:], gone=ONE_SUSPECT)
        if content and content[0] in BEFORE_FORMATS:
            return _decode_older(content, gone=ONE_SUSPECT)
    except msgspec.MsgspecError:
        pass
    return Memory()


def _decode_older(content: bytes, gone: slice = slice(0)) -> Memory:
    """Reads an older format. gone: fields dropped besides `since` of the published status. Raises MsgspecError."""
    fields = _decode_fields(content)
    del fields[gone]
    published = _decode_published(fields[PUBLISHED]) if len(fields) > PUBLISHED else None
    if published is not None:
        del published[SINCE]
        fields[PUBLISHED] = msgspec.Raw(_encode(published))
    return _decode(_encode(fields))
