"""The page for developers: the API, with examples that run as they stand."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from flask import Blueprint, render_template, request
from flask_babel import gettext

from transit.plan.network import Network
from transit.plan.patterns import stop_place
from web.answers import the_network
from web.world import world

pages = Blueprint("developers", __name__)


@dataclass(frozen=True)
class Example:
    """A question, and the address that answers it."""

    question: str
    address: str


@pages.get("/api")
def developers_page() -> str:
    network = the_network()
    base = world().settings.publication.public_url or request.url_root.rstrip("/")
    return render_template(
        "developers.html",
        base=base,
        host=urlsplit(base).hostname,
        live_positions=world().settings.live_positions,
        examples=_examples(network, base),
        departures=_unrolled_name(network),
        network=network,
    )


def _examples(network: Network, base: str) -> list[Example]:
    """The examples, with ids of the loaded network so that each can be copied and run."""
    stops = list(network.routes_of_stop)
    first, last = quote(stops[0], safe=""), quote(stops[-1], safe="")
    lat, lon = stop_place(network, stops[0]) or (0.0, 0.0)
    return [
        Example(gettext("When does the bus come to a stop?"), f"{base}/api/v1/stops/{first}/arrivals"),
        Example(gettext("Where are the buses now?"), f"{base}/api/v1/vehicles"),
        Example(gettext("The same for a map"), f"{base}/api/v1/vehicles.geojson"),
        Example(gettext("Which stops are near a place?"), f"{base}/api/v1/stops?lat={lat:.5f}&lon={lon:.5f}&radius_m=500"),
        Example(gettext("How do I get from here to there?"), f"{base}/api/v1/journeys?from={first}&to={last}"),
        Example(gettext("Which routes are there, and how many buses are on them?"), f"{base}/api/v1/routes"),
        Example(gettext("One line of text for a bot or an SMS"), f"{base}/t/{first}"),
        Example(gettext("Timetable and network"), f"{base}/gtfs.zip"),
        Example(gettext("Positions as GTFS-Realtime"), f"{base}/gtfs-rt/vehicle_positions.pb"),
        Example(gettext("The same as JSON"), f"{base}/gtfs-rt/vehicle_positions.json"),
        Example(
            gettext("Arrivals for programs that do not read frequencies.txt"), f"{base}/gtfs-rt/trip_updates.pb?expanded=1"
        ),
        Example(gettext("As OneBusAway apps ask"), f"{base}/api/where/current-time.json?key=test"),
        Example(gettext("The whole description, for code generators"), f"{base}/api/v1/openapi.json"),
    ]


def _unrolled_name(network: Network) -> str:
    """An example of a trip_id of the unrolled network; empty without headway-based trips."""
    row = next(iter(network.frequencies), None)
    return "" if row is None else f"{row.trip_id}~{row.start_s // 3600:02d}{row.start_s // 60 % 60:02d}{row.start_s % 60:02d}"
