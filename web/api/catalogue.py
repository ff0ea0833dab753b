"""Where catalogues find us: DCAT-AP (`/catalog.jsonld`), DMFR, robots.txt and the sitemap."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import msgspec
from flask import Blueprint, Response, request
from flask_babel import force_locale, gettext

from gtfs.published import licence_of
from transit.plan.network import Network
from transit.plan.patterns import stop_place
from web.api.feeds import conditional, loaded_network
from web.guide import guide_of
from web.words.languages import LANGUAGES
from web.world import world

pages = Blueprint("catalogue", __name__)
KEPT_S = 3600  # how long a catalogue may keep what it read
MOST_ADDRESSES = 50_000  # of one sitemap (sitemaps.org)
PRIVATE = ("/armada", "/masuk", "/keluar", "/lapor/", "/embed", "/layar/", "/t/", "/t?", "/api/v1/explain")
STANDING_PAGES = ("/", "/rute", "/peta", "/wisata", "/layanan", "/privasi", "/api")

# the terms that DCAT-AP asks for are addresses of the Publications Office of the EU and of IANA
EU = "http://publications.europa.eu/resource/authority"
IANA = "https://www.iana.org/assignments/media-types"
CUSTODIAN = "http://inspire.ec.europa.eu/metadata-codelist/ResponsiblePartyRole/custodian"
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "prov": "http://www.w3.org/ns/prov#",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "spdx": "http://spdx.org/rdf/terms#",
}
GTFS = "https://gtfs.org/documentation/schedule/reference/"
GTFS_REALTIME = "https://gtfs.org/documentation/realtime/reference/"
REALTIME = {
    "vehicle_positions": "realtime_vehicle_positions",
    "trip_updates": "realtime_trip_updates",
    "alerts": "realtime_alerts",
}  # our feeds under the names of DMFR

Node = dict[str, Any]
Phrase = Callable[[], str]


def base() -> str:
    """The address of this system: the operator's word, else as it was asked for."""
    return world().settings.publication.public_url or request.url_root.rstrip("/")


# ---- DCAT-AP


@pages.get("/catalog.jsonld")
def catalog() -> Response:
    content = msgspec.json.encode({"@context": CONTEXT, **_catalog(loaded_network())})
    return conditional(content, "application/ld+json", world().imported_at, KEPT_S)


def _catalog(network: Network) -> Node:
    name = _publisher_name(network)
    return {
        "@id": _ref("/catalog.jsonld"),
        "@type": "dcat:Catalog",
        "dct:title": _in_each_language(lambda: gettext("Open data of %(name)s", name=name)),
        "dct:description": _in_each_language(lambda: gettext("Timetable, live positions, arrivals and notices of the buses")),
        "dct:publisher": _publisher(network),
        "dct:language": [{"@id": f"{EU}/language/IND"}, {"@id": f"{EU}/language/ENG"}],
        "foaf:homepage": {"@id": _ref("/")},
        "dct:modified": _typed(str(_changed_on()), "date"),
        "dcat:dataset": [_schedule(network), *(_live(network, name) for name in REALTIME), *_archive(network)],
        "dcat:service": [_api(network)],
    }


def _schedule(network: Network) -> Node:
    title = _in_each_language(lambda: gettext("Timetable and network (GTFS Schedule)"))
    about = _in_each_language(
        lambda: gettext("Stops, routes, lines, days and times. The second file has every departure as a trip of its own.")
    )
    files = [_file(f"/{name}.zip", "zip", GTFS) for name in ("gtfs", "gtfs-expanded")]
    return {
        **_dataset(network, "gtfs", title, about, files, accrual="IRREG"),
        "dct:modified": _typed(str(_changed_on()), "date"),
        "dct:temporal": _period(network),
    }


def _live(network: Network, name: str) -> Node:
    titles: dict[str, Phrase] = {
        "vehicle_positions": lambda: gettext("Positions of the buses now (GTFS-Realtime)"),
        "trip_updates": lambda: gettext("Arrivals expected now (GTFS-Realtime)"),
        "alerts": lambda: gettext("Notices to riders (GTFS-Realtime)"),
    }
    about = _in_each_language(lambda: gettext("Made anew each second; ask every 10 to 30 seconds."))
    files = [
        _file(f"/gtfs-rt/{name}.{kind}", media_type, GTFS_REALTIME)
        for kind, media_type in (("pb", "x-protobuf"), ("json", "json"))
    ]
    return _dataset(network, f"gtfs-rt-{name}", _in_each_language(titles[name]), about, files, accrual="CONT")


def _archive(network: Network) -> list[Node]:
    """Where there is one yet."""
    if not (world().settings.data_dir / "archive" / "datapackage.json").is_file():
        return []
    title = _in_each_language(lambda: gettext("What the buses did, day by day"))
    about = _in_each_language(
        lambda: gettext(
            "Calls at stops and service figures as CSV and Parquet. datapackage.json names the files and explains them."
        )
    )
    files = [_file("/archive/datapackage.json", "json", "https://specs.frictionlessdata.io/data-package/")]
    return [_dataset(network, "archive", title, about, files, accrual="DAILY")]


def _dataset(network: Network, key: str, title: list[Node], about: list[Node], files: list[Node], *, accrual: str) -> Node:
    rights = _licence(network)
    made: Node = {
        "@id": _ref(f"/catalog.jsonld#{key}"),
        "@type": "dcat:Dataset",
        "dct:identifier": key,
        "dct:title": title,
        "dct:description": about,
        "dct:publisher": _publisher(network),
        "dcat:contactPoint": _contact(network),
        "dcat:keyword": ["GTFS", "bus", network.agencies[0].name],
        "dcat:theme": {"@id": f"{EU}/data-theme/TRAN"},
        "dct:accrualPeriodicity": {"@id": f"{EU}/frequency/{accrual}"},
        "dct:spatial": _area(network),
        "dcat:distribution": [{**file, **rights} for file in files],
        **rights,
    }
    steward = world().settings.publication.steward
    if steward:
        made["prov:qualifiedAttribution"] = {
            "@type": "prov:Attribution",
            "prov:agent": {"@type": "foaf:Organization", "foaf:name": steward},
            "dcat:hadRole": {"@id": CUSTODIAN},
        }
    return made


def _file(path: str, media_type: str, standard: str) -> Node:
    return {
        "@id": _ref(f"/catalog.jsonld#{path}"),
        "@type": "dcat:Distribution",
        "dct:title": path.rpartition("/")[2],
        "dcat:accessURL": {"@id": _ref(path)},
        "dcat:downloadURL": {"@id": _ref(path)},
        "dcat:mediaType": {"@id": f"{IANA}/application/{media_type}"},
        "dct:conformsTo": {"@id": standard, "@type": "dct:Standard"},
    }


def _api(network: Network) -> Node:
    return {
        "@id": _ref("/catalog.jsonld#api"),
        "@type": "dcat:DataService",
        "dct:title": _in_each_language(lambda: gettext("Arrivals, vehicles, stops and journeys (API)")),
        "dcat:endpointURL": {"@id": _ref("/api/v1")},
        "dcat:endpointDescription": {"@id": _ref("/api/v1/openapi.json")},
        "dcat:contactPoint": _contact(network),
        "dct:publisher": _publisher(network),
        **_licence(network),
    }


def _licence(network: Network) -> Node:
    """Nothing where nobody named one: a licence cannot be guessed."""
    address = licence_of(network, world().settings.publication)
    return {"dct:license": {"@id": address, "@type": "dct:LicenseDocument"}} if address else {}


def _publisher_name(network: Network) -> str:
    return (network.feed_info.publisher_name if network.feed_info else "") or network.agencies[0].name


def _publisher(network: Network) -> Node:
    home = (network.feed_info.publisher_url if network.feed_info else "") or network.agencies[0].url
    made: Node = {"@id": _ref("/catalog.jsonld#publisher"), "@type": "foaf:Organization", "foaf:name": _publisher_name(network)}
    return {**made, "foaf:homepage": {"@id": home}} if home.startswith(("http://", "https://")) else made


def _contact(network: Network) -> Node:
    """The feed's own word, else the operator's, else our form."""
    words, info = world().settings.publication, network.feed_info
    made: Node = {"@type": "vcard:Organization", "vcard:fn": _publisher_name(network)}
    email = (info.contact_email if info else "") or words.contact_email
    if email:
        made["vcard:hasEmail"] = {"@id": f"mailto:{email}"}
    return {**made, "vcard:hasURL": {"@id": (info.contact_url if info else "") or words.contact_url or _ref("/lapor")}}


def _area(network: Network) -> Node:
    """The rectangle of all stops, and the region code that Satu Data Indonesia asks for."""
    places = [place for stop_id in network.stops if (place := stop_place(network, stop_id)) is not None]
    made: Node = {"@type": "dct:Location"}
    if places:
        south, north = min(lat for lat, _ in places), max(lat for lat, _ in places)
        west, east = min(lon for _, lon in places), max(lon for _, lon in places)
        corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
        ring = ", ".join(f"{lon:.5f} {lat:.5f}" for lon, lat in corners)
        made["dcat:bbox"] = {"@type": "geo:wktLiteral", "@value": f"POLYGON (({ring}))"}
    region = world().settings.publication.region_code
    return {**made, "dct:identifier": region} if region else made


def _period(network: Network) -> Node:
    """From the first day to the last: feed_info.txt's word, else that of the calendars."""
    info = network.feed_info
    days = [day for row in network.calendars.values() for day in (row.start_date, row.end_date)]
    days += [row.date for row in network.calendar_dates if row.added]
    first = info.start_date if info and info.start_date else min(days, default=None)
    last = info.end_date if info and info.end_date else max(days, default=None)
    made: Node = {"@type": "dct:PeriodOfTime"}
    if first is not None:
        made["dcat:startDate"] = _typed(first.isoformat(), "date")
    if last is not None:
        made["dcat:endDate"] = _typed(last.isoformat(), "date")
    return made


def _changed_on() -> date:
    return (world().imported_at or world().now()).date()


def _ref(path: str) -> str:
    return base() + path


def _quoted(own_id: str) -> str:
    return quote(own_id, safe="")


def _typed(value: str, kind: str) -> Node:
    return {"@type": f"xsd:{kind}", "@value": value}


def _in_each_language(phrase: Phrase) -> list[Node]:
    texts = []
    for language in LANGUAGES:
        with force_locale(language):
            texts.append({"@language": language, "@value": phrase()})
    return texts


# ---- DMFR, as Transitland's atlas reads it


@pages.get("/dmfr.json")
def dmfr() -> Response:
    network, publication = loaded_network(), world().settings.publication
    name = _onestop_name(network.agencies[0].name)
    address = licence_of(network, publication)
    licence = {"license": {"url": address}} if address else {}
    operators = [
        {
            "onestop_id": f"o-{_onestop_name(agency.name)}",
            "name": agency.name,
            "website": agency.url,
            "associated_feeds": [{"feed_onestop_id": f"f-{name}", "gtfs_agency_id": agency.agency_id}],
        }
        for agency in network.agencies
    ]
    content = {
        "$schema": "https://dmfr.transit.land/json-schema/dmfr.schema-v0.6.0.json",
        "feeds": [
            {
                "id": f"f-{name}",
                "spec": "gtfs",
                "urls": {"static_current": _ref("/gtfs.zip")},
                **licence,
                "operators": operators,
            },
            {
                "id": f"f-{name}~rt",
                "spec": "gtfs-rt",
                "urls": {theirs: _ref(f"/gtfs-rt/{ours}.pb") for ours, theirs in REALTIME.items()},
                **licence,
            },
        ],
    }
    return conditional(msgspec.json.encode(content), "application/json", world().imported_at, KEPT_S)


def _onestop_name(name: str) -> str:
    """Small letters and digits, with ~ for what lies between them."""
    return re.sub(r"[^a-z0-9]+", "~", name.casefold()).strip("~") or "feed"


# ---- for search engines


@pages.get("/robots.txt")
def robots() -> Response:
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in PRIVATE),
        "Allow: /",
        "",
        f"Sitemap: {_ref('/sitemap.xml')}",
        "",
    ]
    return conditional("\n".join(lines).encode(), "text/plain", None, KEPT_S)


@pages.get("/sitemap.xml")
def sitemap() -> Response:
    """Pages that mean the same tomorrow: stops, routes, timetables, places."""
    network = loaded_network()
    addresses = [
        *STANDING_PAGES,
        *(f"/{page}/{_quoted(route_id)}" for page in ("koridor", "jadwal") for route_id in network.routes),
        *(f"/halte/{_quoted(stop_id)}" for stop_id in network.routes_of_stop),
        *(f"/wisata/{_quoted(place.place_id)}" for place in guide_of(world()).published),
    ]
    rows = "".join(f"<url><loc>{escape(_ref(path))}</loc></url>" for path in addresses[:MOST_ADDRESSES])
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>\n'
    )
    return conditional(text.encode(), "application/xml", world().imported_at, KEPT_S)
