"""What a Forecaster has learnt, as bytes that outlive a restart and a new version of the network."""

from __future__ import annotations

import zlib
from collections import Counter
from typing import Any, Protocol

import msgspec
import numpy as np

from transit.forecasting.departures import Departures
from transit.forecasting.intervals import Calibration
from transit.forecasting.links import LinkKey, Links
from transit.forecasting.next_trips import NextTrips
from transit.forecasting.prediction import Tier
from transit.forecasting.regression import Corrections
from transit.forecasting.standing import LinkSpread, Postponement
from transit.forecasting.terminal_waits import TerminalWaits
from transit.forecasting.travel_times import TravelTimes

FORMAT = 6  # another format is not read: everything can be learnt again from the stored stop events
LEVEL = 1


class Learner(Protocol):
    """The parts of a Forecaster that are saved."""

    links: Links
    times: TravelTimes
    departures: Departures
    next_trips: NextTrips
    corrections: dict[Tier, Corrections]
    calibration: dict[Tier, Calibration]
    spread: LinkSpread
    postponement: dict[Tier, Postponement]


class Array(msgspec.Struct, array_like=True):
    shape: list[int]
    kind: str
    content: bytes


class SavedState(msgspec.Struct):
    format: int
    epoch: float | None
    links: list[LinkKey]
    streams: list[tuple[str, str]] = msgspec.field(name="corridors")  # its name in format 6
    arrays: dict[str, Array]
    corrections: dict[str, tuple[float | None, Array, Array, Array]]
    calibration: dict[str, tuple[Array, Array]]
    spread: tuple[Array, Array]  # link times round their plan, by link and by stream
    postponement: dict[str, tuple[Array, Array]]  # tier -> errors, count
    terminals: dict[int, Array]  # place in streams -> departures, rows as in transit.forecasting.terminal_waits
    habits: dict[str, dict[str, int]]  # pattern_id -> the patterns that followed, how often


LINK_ARRAYS = ("link_total", "link_weight", "dwell_total", "dwell_weight", "link_days", "link_last_day")
STREAM_ARRAYS = ("stream_total", "stream_weight", "headway")
SAVED_AS = {"stream_total": "corridor_total", "stream_weight": "corridor_weight"}  # their names in format 6


def _pack(values: Any, kind: str = "f4") -> Array:
    content = np.ascontiguousarray(values, dtype=kind)
    return Array(list(content.shape), kind, content.tobytes())


def _unpack(array: Array) -> Any:
    return np.frombuffer(array.content, dtype=array.kind).reshape(array.shape).astype("f8" if array.kind != "i8" else "i8")


def dump(learner: Learner) -> bytes:
    times = learner.times
    grown = times.growth()
    arrays = {name: _pack(getattr(times, name) / grown) for name in ("link_total", "link_weight")}
    arrays |= {name: _pack(getattr(times, name) / grown) for name in ("dwell_total", "dwell_weight")}
    arrays |= {saved_as: _pack(getattr(times, name) / grown) for name, saved_as in SAVED_AS.items()}
    arrays |= {name: _pack(getattr(times, name)) for name in ("headway", "link_days", "link_last_day")}
    learnt = SavedState(
        format=FORMAT,
        epoch=times.last_at,
        links=list(learner.links.number),
        streams=list(learner.links.streams),
        arrays=arrays,
        corrections={
            tier.value: (part.epoch, _pack(part.square, "f8"), _pack(part.product, "f8"), _pack(part.weights, "f8"))
            for tier, part in learner.corrections.items()
        },
        calibration={tier.value: (_pack(part.errors), _pack(part.count, "i8")) for tier, part in learner.calibration.items()},
        spread=(_pack(learner.spread.of_link), _pack(learner.spread.of_stream)),
        postponement={tier.value: (_pack(part.errors), _pack(part.count, "i8")) for tier, part in learner.postponement.items()},
        terminals=_terminals(learner.departures),
        habits={key: dict(sorted(habit.items())) for key, habit in sorted(learner.next_trips.habits.items())},
    )
    return zlib.compress(msgspec.msgpack.encode(learnt), LEVEL)


def _terminals(departures: Departures) -> dict[int, Array]:
    return {n: _pack(waits.table, "f8") for n, waits in sorted(departures.waits.items())}


def load(learner: Learner, blob: bytes) -> bool:
    """Takes over what the learner's network still has. False, with nothing changed, where the bytes are of another format."""
    try:
        learnt = msgspec.msgpack.decode(zlib.decompress(blob), type=SavedState)
        if learnt.format != FORMAT:
            return False
        arrays = {name: _unpack(array) for name, array in learnt.arrays.items()}
    except (zlib.error, msgspec.MsgspecError, ValueError):
        return False
    times = learner.times
    times.epoch = times.last_at = learnt.epoch
    number, streams = learner.links.number, learner.links.streams
    places: tuple[tuple[Any, Any, Any], ...] = (
        (LINK_ARRAYS, learnt.links, number),
        (STREAM_ARRAYS, learnt.streams, streams),
    )
    for names, keys, there in places:
        old = [n for n, key in enumerate(keys) if key in there]
        new = [there[keys[n]] for n in old]
        for name in names:
            getattr(times, name)[new] = arrays[SAVED_AS.get(name, name)][old]
    spreads: tuple[tuple[Any, Array, Any, Any], ...] = (
        (learner.spread.of_link, learnt.spread[0], learnt.links, number),
        (learner.spread.of_stream, learnt.spread[1], learnt.streams, streams),
    )
    for of_place, packed, keys, there in spreads:
        rows = _unpack(packed)
        old = [n for n, key in enumerate(keys) if key in there]
        of_place[[there[keys[n]] for n in old]] = rows[old]
    departures = learner.departures
    for n, departed in learnt.terminals.items():
        if learnt.streams[n] in streams:
            departures.waits[streams[learnt.streams[n]]] = TerminalWaits(_unpack(departed))
    learner.next_trips.habits = {key: Counter(habit) for key, habit in learnt.habits.items()}
    for tier in Tier:
        _load_tier(learner, tier, learnt)
    return True


def _load_tier(learner: Learner, tier: Tier, learnt: SavedState) -> None:
    for part, table in ((learner.postponement[tier], learnt.postponement), (learner.calibration[tier], learnt.calibration)):
        packed = table.get(tier.value)
        errors = None if packed is None else _unpack(packed[0])
        if packed is not None and errors is not None and errors.shape == part.errors.shape:
            part.errors, part.count = errors.astype(np.float32), _unpack(packed[1])
            part.sort_out()
    saved, corrections = learnt.corrections.get(tier.value), learner.corrections[tier]
    if saved is not None:
        epoch, square, product, weights = saved
        if _unpack(square).shape == corrections.square.shape:
            corrections.epoch, corrections.square = epoch, _unpack(square)
            corrections.product, corrections.weights = _unpack(product), _unpack(weights)
