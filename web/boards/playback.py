"""Any recorded minute as the console and the riders saw it, and the verdict on a stop at a minute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from transit.arrivals.alerts import Alert
from transit.arrivals.shown import ShownKey, ShownRow
from transit.control.circuit import circuits_of
from transit.operations.troubles import Trouble
from transit.plan.network import Network, Stop
from transit.plan.patterns import patterns_of
from transit.plan.service_day import local_date
from transit.quality.verdict import AFTER, BEFORE, Glimpse, TicketVerdict, verdict_of
from transit.store.alerts import load_alerts
from transit.store.networks import load_network, load_versions
from transit.store.record import ConsoleFrame, SeenVehicle, console_frames, shown_over
from transit.store.stop_events import load_events_between
from transit.tracking.ages import SILENT_AGE
from web.boards.corridors import CorridorRow, corridor_rows
from web.world import World

NEAR = timedelta(seconds=60)  # a frame this near to a moment counts as of it; frames are ten seconds apart
LOOK_EVERY = timedelta(seconds=30)  # step of the search for gaps in the record and silent vehicles
SKETCH = 400.0  # units of the sketch's longer side


@dataclass(frozen=True)
class Sketch:
    """The lines of the network and where vehicles were, to be drawn; units from the upper left corner."""

    width: float
    height: float
    lines: list[tuple[str, str]]  # route_id, points of a polyline
    vehicles: list[tuple[SeenVehicle, float, float]]


@dataclass(frozen=True)
class Playback:
    """A recorded moment. frame_at None: nothing was recorded then."""

    at: datetime
    frame_at: datetime | None
    network: Network
    is_other_network: bool  # than the one of today
    corridors: list[CorridorRow]
    vehicles: list[SeenVehicle]
    troubles: list[Trouble]
    alerts: list[Alert]
    sketch: Sketch | None


@dataclass(frozen=True)
class StopVerdict:
    stop: Stop
    verdict: TicketVerdict
    alerts: list[Alert]


def playback(world: World, at: datetime) -> Playback | None:
    """None without a network."""
    network = world.network
    if network is None:
        return None
    frame_at, frame = _frame_at(world, at)
    if frame is None or frame_at is None:
        return Playback(
            at=at,
            frame_at=None,
            network=network,
            is_other_network=False,
            corridors=[],
            vehicles=[],
            troubles=[],
            alerts=_alerts_at(world, at),
            sketch=None,
        )
    other = _network_of(world, frame.network_version)
    shown_on = other or network
    return Playback(
        at=at,
        frame_at=frame_at,
        network=shown_on,
        is_other_network=other is not None,
        corridors=corridor_rows(shown_on, frame_at, frame.corridors, []),
        vehicles=frame.vehicles,
        troubles=frame.troubles,
        alerts=_alerts_at(world, at),
        sketch=sketch_of(shown_on, frame_at, frame.vehicles),
    )


def _frame_at(world: World, at: datetime) -> tuple[datetime | None, ConsoleFrame | None]:
    """The last frame before a moment, else the first after it."""
    best: tuple[datetime | None, ConsoleFrame | None] = None, None
    for frame_at, frame in console_frames(world.settings.data_dir, at - NEAR, at + NEAR):
        if frame_at <= at or best[1] is None:
            best = frame_at, frame
    return best


def _network_of(world: World, version: str) -> Network | None:
    """The network of a version, from the database if it is not today's; None where it is no longer stored."""
    if version in ("", world.version):
        return None
    with world.engine.connect() as connection:
        if all(row.version_id != version for row in load_versions(connection)):
            return None
        return load_network(connection, version)


def _alerts_at(world: World, at: datetime) -> list[Alert]:
    with world.engine.connect() as connection:
        return [alert for alert in load_alerts(connection, at) if alert.starts_at is None or alert.starts_at <= at]


def stop_verdict(world: World, stop: Stop, at: datetime) -> StopVerdict:
    """What happened at a stop, for a station at its platforms, around a moment."""
    network = world.network
    assert network is not None
    stop_ids = set(network.within(stop.stop_id))
    with world.engine.connect() as connection:
        events = load_events_between(connection, at - BEFORE, at + AFTER)
    frames = list(console_frames(world.settings.data_dir, at - BEFORE, at + AFTER, LOOK_EVERY))
    routes = {trip.trip_id: trip.route_id for trip in network.trips.values()}
    mine = {trip.route_id for trip in network.trips.values() if any(call.stop_id in stop_ids for call in trip.stop_times)}
    silent = [
        row.vehicle_id
        for frame_at, frame in frames[_nearest(frames, at) : _nearest(frames, at) + 1]
        for row in frame.vehicles
        if routes.get(row.trip_id) in mine and SILENT_AGE.total_seconds() < frame_at.timestamp() - row.received_at < 3600
    ]
    verdict = verdict_of(
        at,
        [event for event in events if event.stop_id in stop_ids],
        list(_glimpses(shown_over(world.settings.data_dir, at - BEFORE, at, stop_ids))),
        silent=silent,
        recorded=[frame_at for frame_at, _ in frames],
    )
    return StopVerdict(stop, verdict, _alerts_at(world, at))


def _nearest(frames: Sequence[tuple[datetime, ConsoleFrame]], at: datetime) -> int:
    return min(range(len(frames)), key=lambda n: abs(frames[n][0] - at), default=0)


def _glimpses(shown: Iterator[tuple[datetime, Mapping[ShownKey, ShownRow]]]) -> Iterator[Glimpse]:
    """A glimpse of each bus when what is shown of it changes."""
    last: Mapping[ShownKey, ShownRow] = {}
    for at, rows in shown:
        for key, row in rows.items():
            if last.get(key) != row:
                stands = row.tier == "standing"
                yield Glimpse(
                    at=at,
                    vehicle_id=row.vehicle_id,
                    trip_id=row.trip_id,
                    said_at=None if stands else _moment(row.predicted_at),
                    low_at=None if stands else _moment(row.low_at),
                    high_at=None if stands else _moment(row.high_at),
                )
        last = rows


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def sketch_of(network: Network, at: datetime, vehicles: Sequence[SeenVehicle]) -> Sketch | None:
    """None where no line can be drawn."""
    patterns = patterns_of(network)
    lines = [
        (circuit.route_id, patterns.of_trip(rail.trip_id).line)
        for circuit in circuits_of(network, local_date(at, network.timezone)).values()
        for rail in circuit.rails
    ]
    xs = [x for _, line in lines for x in line.xs]
    ys = [y for _, line in lines for y in line.ys]
    if not xs:
        return None
    west, north, side = min(xs), max(ys), max(max(xs) - min(xs), max(ys) - min(ys), 1.0)
    scale = SKETCH / side

    def place(x: float, y: float) -> tuple[float, float]:
        return round((x - west) * scale, 1), round((north - y) * scale, 1)

    drawn = [(route_id, " ".join(f"{x:g},{y:g}" for x, y in map(place, line.xs, line.ys))) for route_id, line in lines]
    places = [(row, *place(*patterns.plane.xy(row.lat, row.lon))) for row in vehicles]
    return Sketch(
        width=round((max(xs) - west) * scale, 1),
        height=round((north - min(ys)) * scale, 1),
        lines=drawn,
        vehicles=[(row, x, y) for row, x, y in places if -50 <= x <= SKETCH + 50 and -50 <= y <= SKETCH + 50],
    )
