"""`poll`: positions of somebody else's GTFS-Realtime feed as trackers' reports."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from commands.common import Settings, current_network, example, open_engine, pass_settings, stop_on_signal

if TYPE_CHECKING:
    from gtfs.positions import FeedPosition
    from transit.plan.network import Network
    from transit.store.database import Engine

log = logging.getLogger(__name__)
LONGEST_PAUSE_S = 120.0  # between two questions to a feed that does not answer


@click.command(epilog=example("python app.py poll https://example.org/vehicle_positions.pb --map"))
@click.argument("url")
@click.option("--every", default=10.0, show_default=True, type=click.FloatRange(1, 300), help="Seconds between two questions.")
@click.option("--map", "maps", is_flag=True, help="Put each tracker that is on no vehicle on the vehicle of its own name.")
@pass_settings
def poll(settings: Settings, url: str, every: float, maps: bool) -> None:
    """Ask a feed of GTFS-Realtime VehiclePositions again and again: vehicle.id is the tracker, its trip a hint."""
    from gps_ingest.polling import NoAnswer, PolledFeed, Relay
    from gps_ingest.simulation.publisher import Connection
    from gtfs.positions import BrokenMessage, read_positions

    stop_event, engine = stop_on_signal(), open_engine(settings)
    connection = Connection(settings.broker_url, "transit-poll")
    source, relay, hints = PolledFeed(url), Relay(connection.publish), Hints(engine)
    pause_s = every
    while True:
        try:
            content = source.fetch()
            positions = [] if content is None else read_positions(content)
            count = relay.pass_on(positions)
            hints.take(settings, positions, maps=maps)
            pause_s = every
            log.info("%d positions, %d of them new", len(positions), count)
        except (NoAnswer, BrokenMessage) as error:
            log.warning("%s", error)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        if stop_event.wait(pause_s):
            break
    connection.close()


class Hints:
    """Stores the trips that a feed names as assignments; those that a dispatcher made stay as they are."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.ours: dict[str, str] = {}

    def take(self, settings: Settings, positions: Sequence[FeedPosition], *, maps: bool) -> None:
        from gps_ingest.polling import changed_hints
        from transit.store.assignments import assign, load_assignments
        from transit.store.database import writing
        from transit.store.trackers import load_tracker_map, map_tracker
        from transit.tracking.trip_choice import AssignmentHint

        network, now = current_network(self.engine), settings.clock()
        with self.engine.connect() as connection:
            vehicles = load_tracker_map(connection)
            stored = {
                vehicle_id: hint.trip_id or hint.route_id or ""
                for vehicle_id, hint in load_assignments(connection, now).items()
            }
        new = [row.vehicle_id for row in positions if maps and row.vehicle_id not in vehicles]
        vehicles |= {tracker_id: tracker_id for tracker_id in new}
        trips = {vehicles[row.vehicle_id]: _known(network, row) for row in positions if row.vehicle_id in vehicles}
        changes = changed_hints(trips, stored, self.ours)
        if not new and not changes:
            return
        with writing(self.engine) as connection:
            for tracker_id in new:
                map_tracker(connection, tracker_id, tracker_id, now=now)
            for vehicle_id, trip_id in changes.items():
                hint = None if trip_id is None else AssignmentHint(network.trips[trip_id].route_id, trip_id)
                assign(connection, vehicle_id, hint, now=now)
                self.ours[vehicle_id] = trip_id or ""


def _known(network: Network, position: FeedPosition) -> str:
    return position.trip_id if position.trip_id in network.trips else ""
