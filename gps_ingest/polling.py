"""A feed of positions that is asked for again and again becomes trackers' reports; its trips become hints."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gps_ingest.tracker_names import objection_to

ANSWERS_WITHIN_S = 10.0
MOST_ANSWER_BYTES = 16 * 1024 * 1024  # of one answer: a feed of ten thousand vehicles has 2 MB
Fix = dict[str, Any]  # latitude, longitude, timestamp, ...: docs/TRACKERS.md


class PolledPosition(Protocol):
    """What a feed says of a vehicle."""

    @property
    def vehicle_id(self) -> str: ...
    @property
    def lat(self) -> float: ...
    @property
    def lon(self) -> float: ...
    @property
    def at(self) -> int: ...
    @property
    def bearing(self) -> float | None: ...
    @property
    def speed_mps(self) -> float | None: ...
    @property
    def odometer_m(self) -> float | None: ...


class NoAnswer(RuntimeError):
    """The feed cannot be had now; the message says why."""


@dataclass
class PolledFeed:
    """An address that is asked with what is known already, so that nothing is sent twice."""

    url: str
    etag: str = ""
    modified: str = ""

    def fetch(self) -> bytes | None:
        """The bytes; None where nothing is new. Raises NoAnswer."""
        if not self.url.startswith(("http://", "https://")):
            raise NoAnswer(f"{self.url!r} is no address of the web; give one that begins with https://")
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.modified, "User-Agent": "transit-poll"}
        asked = urllib.request.Request(self.url, headers={name: value for name, value in headers.items() if value})
        try:
            with urllib.request.urlopen(asked, timeout=ANSWERS_WITHIN_S) as answer:
                content: bytes = answer.read(MOST_ANSWER_BYTES + 1)
                self.etag, self.modified = answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", "")
        except urllib.error.HTTPError as error:
            if error.code == 304:
                return None
            raise NoAnswer(f"{self.url} answers {error.code} {error.reason}") from None
        except OSError as error:
            raise NoAnswer(f"{self.url} cannot be reached: {error}") from None
        if len(content) > MOST_ANSWER_BYTES:
            raise NoAnswer(f"{self.url} sends more than {MOST_ANSWER_BYTES} bytes; is it a feed of vehicle positions?")
        return content


class Relay:
    """Passes each position on once, in the order of a vehicle's own time."""

    def __init__(self, publish: Callable[[str, list[Fix]], None]) -> None:
        self._publish = publish
        self._newest: dict[str, int] = {}
        self.objections: dict[str, str] = {}  # vehicle -> why it cannot be a tracker's name

    def pass_on(self, positions: Iterable[PolledPosition]) -> int:
        """Returns how many were new."""
        count = 0
        for position in positions:
            tracker_id = position.vehicle_id
            objection = objection_to(tracker_id)
            if objection is not None:
                self.objections.setdefault(tracker_id, objection)
            elif position.at > self._newest.get(tracker_id, 0):
                self._newest[tracker_id] = position.at
                self._publish(tracker_id, [_fix_of(position)])
                count += 1
        return count


def _fix_of(position: PolledPosition) -> Fix:
    fix = {
        "latitude": position.lat,
        "longitude": position.lon,
        "timestamp": position.at,
        "bearing": position.bearing,
        "speed": position.speed_mps,
        "odometer": position.odometer_m,
    }
    return {name: value for name, value in fix.items() if value is not None}


def changed_hints(trips: Mapping[str, str], stored: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str | None]:
    """Which vehicles' trips are to be set (None: taken back), where no dispatcher has said something else.

    trips: vehicle -> trip of the feed, empty where it names none; stored: what stands now; ours: what we set.
    """
    changed: dict[str, str | None] = {}
    for vehicle_id, trip_id in trips.items():
        now = stored.get(vehicle_id, "")
        if now != trip_id and now in ("", ours.get(vehicle_id, "")):
            changed[vehicle_id] = trip_id or None
    return changed
