"""What a web worker knows now: the current network, the live snapshot and a clock. It never predicts."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Hashable, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from time import monotonic

from flask import current_app

from gtfs.expanded import expanded, expanded_facts
from gtfs.published import published
from gtfs.writer import write_network
from maps.ground import StoredGround
from maps.guide_reader import GuideReader
from transit.arrivals.alerts import Alert
from transit.arrivals.crowding import Crowding, VehicleCrowding, crowding_on_trip
from transit.arrivals.rows import Arrival
from transit.forecasting.prediction import Prediction, StandingVehicle
from transit.operations.tracker_health import TrackerHealth
from transit.operations.troubles import Trouble
from transit.operations.watch import NO_WATCH, FleetWatch
from transit.plan.network import Network
from transit.plan.patterns import Pattern
from transit.plan.runs import LiveTrip, Service
from transit.quality.performance import DayFigures
from transit.store.advice_answers import AdviceRecord
from transit.store.database import open_database
from transit.store.files import write_atomically
from transit.store.networks import current_version, load_network, load_versions
from transit.tracking.ages import TOLD_AGE
from transit.tracking.state import StopEvent, VehicleState, is_fresh
from web.cache import Cache
from web.live.feeds import feeds_of
from web.live.snapshot import Snapshot, SnapshotReader, folder
from web.settings import WebSettings

REMADE_EVERY = timedelta(seconds=5)  # feeds made by a worker, while the live process is not there
LOOK_EVERY_S = 1.0  # how often a worker looks whether the current network changed
SERVICES_KEPT = 16  # of one snapshot: some days, with what is seen or without
PATTERNS_KEPT = 4096  # of one snapshot: unpacked once for all days and waits
BOARDS_KEPT = 512  # of one snapshot
log = logging.getLogger(__name__)


class View:
    """One snapshot on one network, unpacked as far as it was asked for. Empty where there is no snapshot of this network."""

    def __init__(self, network: Network | None, version: str, snapshot: Snapshot | None) -> None:
        self.network = network
        self.version = version
        self.snapshot = snapshot
        self.fits = snapshot is not None and snapshot.network_version == version
        self.arrivals: Cache[tuple[str, int, int], list[Arrival]] = Cache(BOARDS_KEPT)  # by stop_id, second, rows at most
        self.services: Cache[Hashable, Service] = Cache(SERVICES_KEPT)  # what runs, for searches; see web.planner
        self._live_trips: Cache[str, list[LiveTrip]] = Cache(PATTERNS_KEPT)
        self.feeds_as_json: dict[str, tuple[bytes, bytes]] = {}  # name -> the feed as bytes of protobuf, and as JSON
        self.own_feeds: tuple[datetime, dict[str, bytes]] | None = None  # until when they serve, and the feeds by name
        self.expanded_feeds: tuple[datetime, dict[str, bytes]] | None = None  # the same, of the unrolled network

    @cached_property
    def states(self) -> Mapping[str, VehicleState]:
        """vehicle_id -> its state, of every vehicle ever heard on this network, however old."""
        if not self.fits or self.snapshot is None:
            return {}
        return {state.vehicle_id: state for state in self.snapshot.all_states()}

    def unpack_for_all(self) -> None:
        """What almost every page asks for."""
        _ = self.states, self.standing, self.parked

    @cached_property
    def every_prediction(self) -> list[Prediction]:
        """Those of all stops, unpacked; pages of one stop ask for its own."""
        stops = self.snapshot.predictions if self.snapshot else ()
        return [row for stop_id in stops for row in self.predictions_at(stop_id)]

    @cached_property
    def trackers(self) -> list[TrackerHealth]:
        return self.snapshot.all_trackers() if self.snapshot else []

    @property
    def _watch(self) -> FleetWatch:
        return self.snapshot.watch if self.snapshot else NO_WATCH

    @property
    def silent_since(self) -> datetime | None:
        """Since when buses are missed because the fleet as a whole is silent; None while none is."""
        return self._watch.missing_since

    @property
    def is_silent(self) -> bool:
        return self.silent_since is not None

    @property
    def is_wholly_silent(self) -> bool:
        """Whether none of the buses that should report is heard; else some of them are, while others are missed."""
        return self._watch.is_whole

    @property
    def silent_vehicles(self) -> Collection[str]:
        """The vehicles of which nothing is heard while the fleet as a whole is silent."""
        return self._watch.silent if self.is_silent else ()

    @property
    def troubles(self) -> list[Trouble]:
        return self.snapshot.troubles if self.snapshot else []

    @cached_property
    def standing(self) -> Mapping[str, StandingVehicle]:
        """By vehicle_id: those of which nothing is promised because they do not come on."""
        return {vehicle.vehicle_id: vehicle for vehicle in self.snapshot.standing} if self.fits and self.snapshot else {}

    @cached_property
    def parked(self) -> frozenset[str]:
        """vehicle_ids of those of which riders hear no more."""
        return frozenset(vehicle_id for vehicle_id, vehicle in self.standing.items() if vehicle.is_parked)

    @property
    def alerts(self) -> list[Alert]:
        return self.snapshot.alerts if self.snapshot else []

    def crowding(self, now: datetime) -> dict[str, VehicleCrowding]:
        """vehicle_id -> how full riders say that it is, while that is shown."""
        rows = self.snapshot.crowding if self.fits and self.snapshot else []
        return {row.vehicle_id: row for row in rows if row.is_shown(now)}

    def crowding_on_trip(self, now: datetime) -> dict[str, Crowding]:
        """vehicle_id -> how full it is, of those still on the trip that riders spoke of."""
        return crowding_on_trip(self.crowding(now).values(), self.states)

    def predictions_at(self, stop_id: str) -> list[Prediction]:
        return self.snapshot.predictions_at(stop_id) if self.fits and self.snapshot else []

    def live_trips_of(self, pattern: Pattern) -> list[LiveTrip]:
        """What is predicted of the vehicles on a pattern, each trip once however often it is asked for."""
        if not self.fits or self.snapshot is None:
            return []
        return self._live_trips.get(pattern.pattern_id, partial(self.snapshot.live_trips_of, pattern.pattern_id))

    def passed_at(self, stop_id: str) -> list[StopEvent]:
        return self.snapshot.passed_at(stop_id) if self.fits and self.snapshot else []


class World:
    """Shared by all threads of one worker. network is None until one is loaded; view is replaced, never changed."""

    def __init__(self, settings: WebSettings) -> None:
        self.settings = settings
        self.engine = open_database(settings.database_url)
        self.imported_at: datetime | None = None  # of the current network
        self.view = View(None, "", None)
        self.database_error = ""  # why the last look at the database failed
        self._reader = SnapshotReader(settings.data_dir)
        self._looked_at = -LOOK_EVERY_S
        self._lock = Lock()
        self._zips: dict[str, bytes] = {}  # name of the file -> its content
        self.advice_today: tuple[int, AdviceRecord] | None = None  # a quarter of a minute, and what was answered until then
        self.service_today: tuple[tuple[date, int], DayFigures] | None = None  # (day, minute) and its figures
        self.grounds: Cache[Hashable, StoredGround] = Cache(2)  # see web.ground
        self.guides: dict[Path, GuideReader] = {}  # by folder; see web.guide

    @property
    def network(self) -> Network | None:
        return self.view.network

    @property
    def version(self) -> str:
        """Of the network; empty without one."""
        return self.view.version

    @property
    def states(self) -> Mapping[str, VehicleState]:
        return self.view.states

    def now(self) -> datetime:
        return self.settings.clock()

    @property
    def live_age_s(self) -> float | None:
        """How old the snapshot is; None without one."""
        made = self.view.snapshot
        return None if made is None else (self.now() - made.made_at).total_seconds()

    @property
    def is_live(self) -> bool:
        """False where the live process is dead or stuck, and pages must say so."""
        age = self.live_age_s
        return age is not None and abs(age) <= self.settings.live_fresh_s

    def refresh(self) -> None:
        """Called before each request: a stat for the snapshot, and at most once a second a look at the database.

        While one thread loads a new network the others serve the old one.
        """
        wait = self.view.network is None  # the first requests of a worker wait for its network rather than fail
        if not self._lock.acquire(blocking=wait):
            return
        try:
            network, version = self.view.network, self.view.version
            if monotonic() - self._looked_at >= LOOK_EVERY_S:
                try:
                    network, version = self._look(network, version)
                    self.database_error = ""
                except Exception as error:  # whatever a driver raises: pages go on with what is known, /healthz tells it
                    self.database_error = f"{type(error).__name__}: {error}"[:300]
                    log.exception("the database does not answer")
                self._looked_at = monotonic()
            snapshot = self._reader.read()
            if network is not self.view.network or snapshot is not self.view.snapshot:
                view = View(network, version, snapshot)
                view.unpack_for_all()  # while the others still serve the view before
                self.view = view
        finally:
            self._lock.release()

    def _look(self, network: Network | None, version: str) -> tuple[Network | None, str]:
        with self.engine.connect() as connection:
            current = current_version(connection)
            if current is None or current == version:
                return network, version
            rows = load_versions(connection)
            self.imported_at = next((row.imported_at for row in rows if row.version_id == current), None)
            return load_network(connection, current), current

    def zip(self, *, unrolled: bool = False) -> bytes:
        """The network as GTFS; made once per version, shared by the workers through a file.

        unrolled: with every headway trip as departures; raises TooManyDepartures.
        """
        name = f"{'gtfs-expanded' if unrolled else 'gtfs'}-{self._publication_key()}.zip"
        if name not in self._zips:
            assert self.network is not None
            network = published(self.network, self.settings.publication)
            path = folder(self.settings.data_dir) / name
            content = _read_or_make(path, lambda: write_network(expanded(network).network if unrolled else network))
            self._zips = {kept: packed for kept, packed in self._zips.items() if self._publication_key() in kept}
            self._zips[name] = content
        return self._zips[name]

    def _publication_key(self) -> str:
        """Of what the files depend on: the network, and what the operator says of it."""
        return hashlib.sha256(f"{self.version} {self.settings.publication}".encode()).hexdigest()[:32]

    def feed(self, name: str) -> bytes:
        """A GTFS-Realtime feed: the live process's, or, when that is stuck, what of it is still young enough to be told."""
        made, now = self.view.snapshot, self.now()
        if made is None or self.network is None:
            return b""
        if self.view.fits and self.is_live:
            return made.feeds[name]
        kept = self.view.own_feeds
        if kept is None or not now < kept[0] <= now + REMADE_EVERY:
            kept = self.view.own_feeds = (now + REMADE_EVERY, _feeds_of(self.network, self.view, now))
        return kept[1][name]

    def expanded_feed(self, name: str) -> bytes:
        """The same feed told of the unrolled network of gtfs-expanded.zip; made when somebody asks, once per snapshot.

        Raises TooManyDepartures.
        """
        if self.view.snapshot is None or self.network is None:
            return b""
        now = self.view.snapshot.made_at if self.view.fits and self.is_live else self.now()
        kept = self.view.expanded_feeds
        if kept is None or not now < kept[0] <= now + REMADE_EVERY:
            kept = self.view.expanded_feeds = (now + REMADE_EVERY, _expanded_feeds_of(self.network, self.view, now))
        return kept[1][name]

    def close(self) -> None:
        self.engine.dispose()


def _young_facts(view: View, now: datetime) -> tuple[list[Prediction], list[StandingVehicle]]:
    """What of a view may still be told."""
    predictions = [row for row in view.every_prediction if is_fresh(row.reported_at, now, TOLD_AGE) and row.predicted_at >= now]
    predictions.sort(key=lambda row: (row.vehicle_id, row.trip.start_date, row.tier, row.stop_sequence))
    return predictions, [vehicle for vehicle in view.standing.values() if now - vehicle.reported_at <= TOLD_AGE]


def _feeds_of(network: Network, view: View, now: datetime) -> dict[str, bytes]:
    predictions, standing = _young_facts(view, now)
    return feeds_of(network, list(view.states.values()), predictions, standing, view.alerts, now, view.crowding_on_trip(now))


def _expanded_feeds_of(network: Network, view: View, now: datetime) -> dict[str, bytes]:
    plan = expanded(network)
    facts = expanded_facts(plan, list(view.states.values()), *_young_facts(view, now), view.alerts, now)
    crowding = view.crowding_on_trip(now)
    return feeds_of(plan.network, facts.states, facts.predictions, facts.standing, facts.alerts, now, crowding)


def _read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """The file; those of the same kind and another version go."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        content = make()
        write_atomically(path, content)
        kind = path.name.rpartition("-")[0]
        for old in path.parent.glob(f"{kind}-*.zip"):
            if old != path and old.name.rpartition("-")[0] == kind:
                old.unlink(missing_ok=True)
        return content


def world() -> World:
    """The world of the app that answers this request."""
    its_world = current_app.extensions["world"]
    assert isinstance(its_world, World)
    return its_world
