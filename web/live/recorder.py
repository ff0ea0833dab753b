"""Records what the console and the riders are shown, for the playback: one frame every ten seconds."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec

from transit.arrivals.alerts import Alert
from transit.arrivals.shown import ShownChanges
from transit.forecasting.prediction import Prediction, StandingVehicle
from transit.operations.troubles import Trouble
from transit.store.history import append_frame, forget_history
from transit.store.record import CONSOLE, FORMAT, SHOWN, ConsoleFrame, SeenVehicle
from transit.store.retention import DEFAULT_DAYS
from transit.tracking.state import VehicleState
from web.live.control import ControlState

EVERY = timedelta(seconds=10)
log = logging.getLogger(__name__)


class Recorder:
    """Call record() at each step; it writes every ten seconds. Errors of the disk are only reported."""

    def __init__(self, data_dir: Path, keep_days: int | None = DEFAULT_DAYS["record"]) -> None:
        """keep_days: None = for ever."""
        self.data_dir, self._keep_days = data_dir, keep_days
        self.changes = ShownChanges()
        self._last_at: datetime | None = None
        self._forgot: date | None = None

    def record(
        self,
        now: datetime,
        control: ControlState,
        *,
        states: Mapping[str, VehicleState],
        predictions: Sequence[Prediction],
        standing: Sequence[StandingVehicle],
        troubles: Sequence[Trouble],
        alerts: Sequence[Alert],
    ) -> None:
        if self._last_at is not None and timedelta(0) <= now - self._last_at < EVERY:
            return
        self._last_at = now
        frame = ConsoleFrame(
            format=FORMAT,
            network_version=control.network_version or "",
            corridors=control.corridors,
            vehicles=[_seen(state) for _, state in sorted(states.items())],
            troubles=list(troubles),
            alert_ids=[alert.alert_id for alert in alerts],
        )
        shown = self.changes.frame(predictions, standing, now)
        try:
            append_frame(self.data_dir, CONSOLE, now, msgspec.msgpack.encode(frame))
            if shown.rows or shown.is_whole:
                append_frame(self.data_dir, SHOWN, now, msgspec.msgpack.encode((FORMAT, shown)))
            if self._forgot != now.date():
                self._forgot = now.date()
                forget_history(self.data_dir, now.date(), self._keep_days)
        except OSError as error:
            self.changes = ShownChanges()  # the next frame is written whole
            log.error("what was shown cannot be written down: %s", error)


def _seen(state: VehicleState) -> SeenVehicle:
    report, trip = state.report, state.matched.trip
    return SeenVehicle(
        vehicle_id=state.vehicle_id,
        lat=round(report.lat, 6),
        lon=round(report.lon, 6),
        status=state.matched.status.value,
        trip_id=trip.trip_id if trip else "",
        reported_at=round(report.reported_at.timestamp()),
        received_at=round(report.received_at.timestamp()),
    )
