"""OneBusAway wayfinder from a checkout on a running system of ours: WAYFINDER=FOLDER python -m benchmarks.wayfinder URL.

The folder needs `npm ci` once. Each of wayfinder's own routes is asked, and what it answers is checked for what its pages read.
CALLS is also what a test holds our API against without wayfinder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

STARTS_WITHIN_S = 60.0
PORT = 5199
ENTRY, LIST = "data.entry", "data.list"


@dataclass(frozen=True)
class Call:
    """ours: what wayfinder asks us; own: its route that does so, empty where a page does at its start.

    fields: dotted paths that its pages read; a name of a list means each of its elements.
    """

    ours: str
    own: str
    fields: tuple[str, ...] = ()


CALLS = (
    Call(
        "agencies-with-coverage", "", (f"{LIST}.agencyId", f"{LIST}.lat", f"{LIST}.lon", f"{LIST}.latSpan", f"{LIST}.lonSpan")
    ),
    Call("routes-for-agency/{agency}", "routes", (f"{LIST}.id", f"{LIST}.shortName", f"{LIST}.type", f"{LIST}.color")),
    Call(
        "stops-for-location?lat={lat}&lon={lon}&latSpan=0.1&lngSpan=0.1&radius=0",
        "stops-for-location?lat={lat}&lng={lon}&latSpan=0.1&lngSpan=0.1&radius=0",
        (
            f"{LIST}.id",
            f"{LIST}.name",
            f"{LIST}.code",
            f"{LIST}.lat",
            f"{LIST}.lon",
            f"{LIST}.routeIds",
            "data.references.routes.id",
        ),
    ),
    Call("stops-for-location?lat={lat}&lon={lon}&query={code}", "search?query={code}", (f"{LIST}.id", f"{LIST}.name")),
    Call(
        "routes-for-location?lat={lat}&lon={lon}&query={route_name}",
        "search?query={route_name}",
        (f"{LIST}.id", f"{LIST}.shortName"),
    ),
    Call("stop/{stop}", "", (f"{ENTRY}.id", f"{ENTRY}.name", f"{ENTRY}.direction", f"{ENTRY}.lat", f"{ENTRY}.lon")),
    Call(
        "arrivals-and-departures-for-stop/{stop}?minutesAfter=90",
        "arrivals-and-departures-for-stop/{stop}?minutesAfter=90",
        tuple(
            f"{ENTRY}.arrivalsAndDepartures.{name}"
            for name in (
                "routeId",
                "tripId",
                "routeShortName",
                "tripHeadsign",
                "predicted",
                "predictedArrivalTime",
                "scheduledArrivalTime",
                "numberOfStopsAway",
                "vehicleId",
                "serviceDate",
                "situationIds",
            )
        ),
    ),
    Call(
        "schedule-for-stop/{stop}?date={day}",
        "schedule-for-stop/{stop}?date={day}",
        (
            f"{ENTRY}.stopId",
            f"{ENTRY}.stopRouteSchedules.routeId",
            f"{ENTRY}.stopRouteSchedules.stopRouteDirectionSchedules.tripHeadsign",
            f"{ENTRY}.stopRouteSchedules.stopRouteDirectionSchedules.scheduleStopTimes",
            "data.references.routes.shortName",
        ),
    ),
    Call(
        "stops-for-route/{route}",
        "stops-for-route/{route}",
        (
            f"{ENTRY}.polylines.points",
            f"{ENTRY}.stopGroupings.stopGroups.name.name",
            f"{ENTRY}.stopGroupings.stopGroups.stopIds",
        ),
    ),
    Call("shape/{shape}", "shape/{shape}", (f"{ENTRY}.points", f"{ENTRY}.length")),
    Call("trip/{trip}", "trip/{trip}", (f"{ENTRY}.routeId", f"{ENTRY}.tripHeadsign", f"{ENTRY}.shapeId")),
    Call(
        "trip-details/{trip}",
        "trip-details/{trip}",
        (
            f"{ENTRY}.schedule.stopTimes.stopId",
            f"{ENTRY}.schedule.stopTimes.arrivalTime",
            f"{ENTRY}.status.closestStop",
            f"{ENTRY}.status.nextStop",
            f"{ENTRY}.status.position.lat",
            "data.references.stops.name",
        ),
    ),
    Call(
        "trips-for-route/{route}",
        "",
        (
            f"{LIST}.status.activeTripId",
            f"{LIST}.status.vehicleId",
            f"{LIST}.status.position.lat",
            f"{LIST}.status.orientation",
        ),
    ),
    Call("/regions/1/alerts.pb", "alerts"),
)


def missing(answer: Any, path: str) -> bool:
    """Whether a field is absent; an empty list lacks it, too: nothing was shown of it."""
    name, _, rest = path.partition(".")
    if isinstance(answer, list):
        return not answer or any(missing(row, path) for row in answer)
    if not isinstance(answer, dict) or name not in answer:
        return True
    return missing(answer[name], rest) if rest else False


def get(url: str) -> tuple[int, bytes]:
    try:
        with urlopen(Request(url, headers={"Accept": "application/json"}), timeout=30) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()


def names_of(address: str) -> dict[str, str]:
    """What of a running system the calls are about: the first bus in service, its trip, route and a stop."""

    def ask(path: str) -> Any:
        return json.loads(get(f"{address}/api/where/{path}.json?key=test")[1])["data"]

    coverage = ask("agencies-with-coverage")["list"][0]
    vehicle = ask(f"vehicles-for-agency/{coverage['agencyId']}")["list"][0]
    trip = ask(f"trip/{vehicle['tripId']}")["entry"]
    stop = ask(f"stop/{vehicle['tripStatus']['nextStop']}")["entry"]
    route = ask(f"route/{trip['routeId']}")["entry"]
    return {
        "agency": coverage["agencyId"],
        "lat": str(coverage["lat"]),
        "lon": str(coverage["lon"]),
        "stop": stop["id"],
        "code": stop["code"],
        "route": route["id"],
        "route_name": route["shortName"],
        "trip": vehicle["tripId"],
        "shape": trip["shapeId"],
        "day": time.strftime("%Y-%m-%d"),
    }


@contextmanager
def wayfinder(folder: Path, address: str, names: dict[str, str]) -> Iterator[str]:
    """Its development server, told to ask us."""
    settings = {
        "PRIVATE_OBA_API_KEY": "test",
        "PUBLIC_OBA_SERVER_URL": address,
        "PRIVATE_OBACO_API_BASE_URL": f"{address}/api/v1",
        "PRIVATE_SIDECAR_API_BASE_URL": f"{address}/api/v1",
        "PRIVATE_SIDECAR_REGION_ID": "1",
        "PRIVATE_REGION_ID": "1",
        "PRIVATE_OBACO_SHOW_TEST_ALERTS": "false",
        "PRIVATE_OBA_GEOCODER_PROVIDER": "none",
        "PRIVATE_OBA_GEOCODER_API_KEY": "",
        "PUBLIC_OBA_REGION_CENTER_LAT": names["lat"],
        "PUBLIC_OBA_REGION_CENTER_LNG": names["lon"],
        "PUBLIC_OBA_REGION_NAME": "Binjai",
        "PUBLIC_OBA_MAP_PROVIDER": "osm",
        "PUBLIC_OTP_SERVER_URL": "",
        "PUBLIC_OBA_TIMEZONE": "Asia/Jakarta",
        "PUBLIC_ANALYTICS_PROVIDER": "none",
        "PUBLIC_NAV_BAR_LINKS": "{}",
    }
    if not (folder / ".env").exists():  # its other settings have their defaults in the example
        (folder / ".env").write_text((folder / ".env.example").read_text(encoding="utf-8"), encoding="utf-8")
    command = ["npx", "vite", "dev", "--port", str(PORT), "--strictPort"]
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, **settings})
    try:
        until = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < until:
            try:
                get(f"http://127.0.0.1:{PORT}/")
                break
            except (URLError, OSError):
                time.sleep(0.5)
        yield f"http://127.0.0.1:{PORT}/api/oba"
    finally:
        process.terminate()
        process.wait(10)


def main(address: str) -> int:
    folder = os.environ.get("WAYFINDER")
    if not folder:
        print("WAYFINDER names no checkout of OneBusAway wayfinder")
        return 2
    names, failures = names_of(address), 0
    with wayfinder(Path(folder), address, names) as base:
        for call in CALLS:
            if not call.own:
                continue
            status, content = get(f"{base}/{call.own.format(**names)}")
            fine = status in (200, 204)
            print(f"{'ok ' if fine else 'BAD'} {status} {len(content):7d} bytes  {call.own.format(**names)}")
            failures += not fine
        for page in ("", f"stops/{names['stop']}", f"stops/{names['stop']}/schedule"):
            status, content = get(f"{base.removesuffix('/api/oba')}/{page}")
            print(f"{'ok ' if status == 200 else 'BAD'} {status} {len(content):7d} bytes  page /{page}")
            failures += status != 200
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"))
