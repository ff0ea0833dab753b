"""Writes the sample network of Binjai as GTFS text beside itself: `python -m data.binjai.make_network` from the checkout.

What is known, and how well, stands in the tables below; distances, times, holidays and the demo trips follow from them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from holidays import country_holidays
from holidays.constants import GOVERNMENT, PUBLIC

from gtfs.writer import write_folder
from transit.plan.geometry import Line, Plane
from transit.plan.network import (
    Agency,
    Calendar,
    CalendarDate,
    FeedInfo,
    Frequency,
    Network,
    Route,
    Shape,
    ShapePoint,
    Stop,
    StopTime,
    Translation,
    Trip,
)

VERSION = "binjai-sample-1"
FIRST_DAY, LAST_DAY = date(2026, 1, 1), date(2027, 12, 31)
HOURS_S = (6 * 3600 + 1800, 16 * 3600)  # 06:30-16:00, reported 2022 and 2023
ALL_DAY_S = (0, 24 * 3600)
ON_STREET_EXACT_M = 100.0  # a stop drawn this near a published point still has that point's confidence

PLANE = Plane(3.61, 98.49)  # the middle of the city
LatLon = tuple[float, float]


@dataclass(frozen=True)
class Place:
    """A place that a stop serves. documented: a source names a stop there; otherwise the stop itself is our assumption."""

    stop_id: str
    code: str
    name: str
    name_en: str
    at: LatLon
    confidence: str
    error_m: int
    source: str
    desc: str
    desc_en: str
    documented: bool = False


ASSUMED = "Halte di sini perkiraan, belum diverifikasi."
ASSUMED_EN = "A stop here is an assumption, not verified."


def _published(
    stop_id: str, code: str, name: str, at: LatLon, street: str, name_en: str = "", error_m: int = 50, street_en: str = ""
) -> Place:
    return Place(
        stop_id,
        code,
        name,
        name_en,
        at,
        "exact",
        error_m,
        f"published point of {name}",
        f"{street}. {ASSUMED}",
        f"{street_en or street}. {ASSUMED_EN}",
    )


def _in_kelurahan(
    stop_id: str,
    code: str,
    name: str,
    at: LatLon,
    error_m: int,
    kelurahan: str,
    street: str,
    name_en: str = "",
    street_en: str = "",
) -> Place:
    return Place(
        stop_id,
        code,
        name,
        name_en,
        at,
        "kelurahan",
        error_m,
        f"middle of Kel. {kelurahan}; the error is its farthest border",
        f"{street}. Letaknya hanya diketahui sampai Kel. {kelurahan}. {ASSUMED}",
        f"{street_en or street}. Its place is known only as Kel. {kelurahan}. {ASSUMED_EN}",
    )


PLACES = [
    Place(
        "balai-kota",
        "10",
        "Balai Kota Binjai",
        "City Hall (Balai Kota)",
        (3.60278, 98.48572),
        "kelurahan",
        600,
        "middle of Kel. Kartini; the error is its farthest border",
        "Jl. Jenderal Sudirman No. 6. Awal dan akhir rute uji coba 2017. Letaknya hanya diketahui sampai Kel. Kartini.",
        "Jl. Jenderal Sudirman No. 6. Start and end of the trial route of 2017. Its place is known only as Kel. Kartini.",
        documented=True,
    ),
    _in_kelurahan(
        "vihara-setia-buddha",
        "11",
        "Vihara Setia Buddha",
        (3.61096, 98.49105),
        600,
        "Pekan Binjai",
        "Jl. Jenderal Sudirman No. 1-3",
        "Setia Buddha Temple",
    ),
    Place(
        "tugu-45",
        "12",
        "Tugu Perjuangan 45",
        "Tugu Perjuangan 45 monument",
        (3.6092, 98.4949),
        "approximate",
        150,
        "bend of the arterial, where sources put the monument",
        "Simpang tiga ke Binjai Kota, Langkat dan Medan; mungkin Tugu Pahlawan pada rute uji coba 2017. " + ASSUMED,
        "Junction of the roads to Binjai Kota, Langkat and Medan; probably the Tugu Pahlawan of the trial route of 2017. "
        + ASSUMED_EN,
    ),
    _in_kelurahan(
        "vihara-setia-dharma",
        "13",
        "Vihara Setia Dharma",
        (3.60406, 98.48876),
        800,
        "Setia",
        "Jl. T. Imam Bonjol",
        "Setia Dharma Temple",
    ),
    _published(
        "grand-fatimah",
        "14",
        "RSIA Grand Fatimah",
        (3.60116, 98.485202),
        "Jl. Sultan Hasanuddin No. 67",
        "Grand Fatimah Hospital",
    ),
    Place(
        "gedung-kerapatan",
        "15",
        "Gedung Kerapatan",
        "Kerapatan Building (heritage)",
        (3.6017, 98.4838),
        "approximate",
        300,
        "between the published points of No. 9 and No. 67 of the same street",
        "Jl. Sultan Hasanuddin No. 24. " + ASSUMED,
        "Jl. Sultan Hasanuddin No. 24. " + ASSUMED_EN,
    ),
    _published(
        "rsud-djoelham",
        "16",
        "RSUD Dr. R.M. Djoelham",
        (3.602156, 98.482728),
        "Jl. Sultan Hasanuddin No. 9",
        "Djoelham General Hospital",
    ),
    _in_kelurahan("jati-utomo", "20", "Jati Utomo", (3.661226, 98.506636), 1606, "Jati Utomo", "Jl. Tengku Amir Hamzah"),
    _in_kelurahan("jati-karya", "21", "Jati Karya", (3.64497, 98.505535), 1373, "Jati Karya", "Jl. Tengku Amir Hamzah"),
    _published("ratu-mas", "22", "RSU Ratu Mas", (3.632596, 98.510375), "Jl. Tengku Amir Hamzah No. 281a", "Ratu Mas Hospital"),
    _in_kelurahan("nangka", "23", "Nangka", (3.618282, 98.506332), 1148, "Nangka", "Jl. Tengku Amir Hamzah"),
    _in_kelurahan("jatinegara", "24", "Jatinegara", (3.613804, 98.497588), 611, "Jatinegara", "Jl. Tengku Amir Hamzah"),
    _published(
        "stasiun-binjai",
        "25",
        "Stasiun Binjai",
        (3.609662, 98.49776),
        "Jl. Ikan Paus; halte digambar di Jl. Soekarno-Hatta",
        "Binjai Railway Station",
        30,
        "Jl. Ikan Paus; the stop is drawn on Jl. Soekarno-Hatta",
    ),
    _published("binjai-supermall", "26", "Binjai Supermall", (3.609092, 98.508942), "Jl. Soekarno-Hatta No. 14"),
    _published(
        "rsu-latersia", "27", "RSU Latersia", (3.607624, 98.52601), "Jl. Soekarno-Hatta km 18 No. 451", "Latersia Hospital"
    ),
    _in_kelurahan("berngam", "30", "Berngam", (3.596191, 98.469431), 1434, "Berngam", "Jl. Jambore 1 Berengan"),
    _published(
        "artha-medica", "31", "RSU Artha Medica", (3.599082, 98.478636), "Jl. Samanhudi No. 22", "Artha Medica Hospital"
    ),
    _published("rs-tentara", "32", "RS Tentara", (3.598213, 98.48756), "Jl. Bandung No. 4", "Army Hospital (RS Tentara)"),
    Place(
        "jambi-bandung",
        "33",
        "Jl. Jambi, pertigaan Jl. Bandung",
        "Jl. Jambi at Jl. Bandung",
        (3.59745, 98.48765),
        "assumed",
        800,
        "drawn 90 m from the published point of Jl. Bandung No. 4; the junction has not been measured",
        "Halte koridor Binjai Selatan 2017, tepat di pertigaan Jalan Bandung. Letaknya di peta perkiraan.",
        "Stop of the Binjai Selatan corridor of 2017, right at the junction with Jl. Bandung. Its place on the map is assumed.",
        documented=True,
    ),
    Place(
        "jambi-kedua",
        "34",
        "Jl. Jambi, 100 m dari Jl. Bandung",
        "Jl. Jambi, 100 m from Jl. Bandung",
        (3.59655, 98.48775),
        "assumed",
        900,
        "drawn 100 m from the stop before; the direction is not known",
        "Halte koridor Binjai Selatan 2017, sekitar 100 m dari pertigaan Jalan Bandung. Letaknya di peta perkiraan.",
        "Stop of the Binjai Selatan corridor of 2017, about 100 m from the Jl. Bandung junction. Its place here is assumed.",
        documented=True,
    ),
    _in_kelurahan(
        "taman-edukasi",
        "35",
        "Taman Edukasi Binjai",
        (3.575003, 98.490407),
        1708,
        "Puji Dadi",
        "Alamat jalan tidak diketahui",
        "Binjai Education Park",
        "Street address unknown",
    ),
]

# Control points of the arterial, lat lon; the street names are inferred. North limit to the bend, the bend to the east limit.
AMIR_HAMZAH = [
    (3.6725, 98.5095),
    (3.6600, 98.5098),
    (3.6450, 98.5102),
    (3.6354, 98.5105),
    (3.6305, 98.5107),
    (3.6297, 98.5102),
    (3.6269, 98.5076),
    (3.6242, 98.5051),
    (3.6221, 98.5032),
    (3.6202, 98.5015),
    (3.6188, 98.5002),
    (3.6164, 98.4980),
    (3.6141, 98.4959),
    (3.6116, 98.4952),
    (3.6102, 98.4949),
    (3.6086, 98.4952),
]
SOEKARNO_HATTA = [
    (3.6085, 98.4953),
    (3.6085, 98.4971),
    (3.6085, 98.5000),
    (3.6086, 98.5040),
    (3.6088, 98.5101),
    (3.6087, 98.5133),
    (3.6084, 98.5160),
    (3.6078, 98.5194),
    (3.6073, 98.5225),
    (3.6067, 98.5258),
    (3.6063, 98.5285),
    (3.6058, 98.5296),
    (3.6046, 98.5310),
    (3.6041, 98.5323),
    (3.6040, 98.5340),
    (3.6037, 98.5351),
]


@dataclass(frozen=True)
class Corridor:
    """street: the known line of the street; empty = straight from stop to stop, which is an assumption."""

    route: Route
    stop_ids: tuple[str, ...]
    street: list[LatLon]
    headway_s: int  # assumed: no source gives one
    speed_mps: float  # assumed, stops included
    directions: tuple[str, ...]  # the end of a trip's and shape's id, by direction
    name_en: str


CORRIDORS = [
    Corridor(
        Route(
            "lingkar",
            "trans-binjai",
            "Lingkar",
            "Balai Kota - Tugu 45 - Sultan Hasanuddin - Balai Kota",
            3,
            "A61B29",
            "FFFFFF",
            "Rute uji coba 19 Juni 2017. Jarak antarbus adalah perkiraan.",
            sort_order=1,
        ),
        (
            "balai-kota",
            "vihara-setia-buddha",
            "tugu-45",
            "vihara-setia-dharma",
            "grand-fatimah",
            "gedung-kerapatan",
            "rsud-djoelham",
            "balai-kota",
        ),
        [],
        600,
        4.4,
        ("putar",),
        "City Hall - Tugu 45 - Sultan Hasanuddin - City Hall",
    ),
    Corridor(
        Route(
            "biru",
            "trans-binjai",
            "Biru",
            "Utara - Timur",
            3,
            "0B57A4",
            "FFFFFF",
            "Rencana 2017: biru = Utara ke Timur. Halte dan jarak antarbus adalah perkiraan.",
            sort_order=2,
        ),
        (
            "jati-utomo",
            "jati-karya",
            "ratu-mas",
            "nangka",
            "jatinegara",
            "tugu-45",
            "stasiun-binjai",
            "binjai-supermall",
            "rsu-latersia",
        ),
        AMIR_HAMZAH + SOEKARNO_HATTA,
        900,
        6.0,
        ("ke-timur", "ke-utara"),
        "North - East",
    ),
    Corridor(
        Route(
            "hijau",
            "trans-binjai",
            "Hijau",
            "Barat - Selatan",
            3,
            "1B7F3B",
            "FFFFFF",
            "Rencana 2017: hijau = Barat ke Selatan. Sebagian besar halte dan jarak antarbus adalah perkiraan.",
            sort_order=3,
        ),
        (
            "berngam",
            "artha-medica",
            "rsud-djoelham",
            "grand-fatimah",
            "rs-tentara",
            "jambi-bandung",
            "jambi-kedua",
            "taman-edukasi",
        ),
        [],
        1200,
        4.4,
        ("ke-selatan", "ke-barat"),
        "West - South",
    ),
]


@dataclass(frozen=True)
class Drawn:
    """A corridor on the ground, one direction: its line, and each stop's metres along it."""

    points: list[LatLon]
    known: bool
    stop_ids: tuple[str, ...]
    stop_along_m: list[float]

    def reversed(self) -> Drawn:
        total = _line(self.points).length_m
        return Drawn(self.points[::-1], self.known, self.stop_ids[::-1], [total - along for along in self.stop_along_m[::-1]])


def _line(points: list[LatLon]) -> Line:
    return Line(PLANE.xy(*point) for point in points)


def _rounded(x: float, y: float) -> LatLon:
    lat, lon = PLANE.lat_lon(x, y)
    return round(lat, 6), round(lon, 6)


def _drawn(corridor: Corridor, stops: dict[str, Stop]) -> Drawn:
    at = {stop_id: (stops[stop_id].lat or 0.0, stops[stop_id].lon or 0.0) for stop_id in corridor.stop_ids}
    if not corridor.street:
        points = [at[stop_id] for stop_id in corridor.stop_ids]
        return Drawn(points, False, corridor.stop_ids, list(_line(points).at))
    street = _line(corridor.street)
    marks = [_nearest(street, at[stop_id])[0] for stop_id in corridor.stop_ids]
    inner = [point for point, along in zip(corridor.street, street.at, strict=True) if marks[0] < along < marks[-1]]
    points = [_rounded(*street.point_at(marks[0])), *inner, _rounded(*street.point_at(marks[-1]))]
    line = _line(points)
    inner_stops = [_nearest(line, at[stop_id])[0] for stop_id in corridor.stop_ids[1:-1]]
    return Drawn(points, True, corridor.stop_ids, [0.0, *inner_stops, line.length_m])


def _nearest(line: Line, at: LatLon) -> tuple[float, float]:
    """Metres along the line of its point nearest to a place, and how far off the place lies."""
    x, y = PLANE.xy(*at)
    found = min((line.project_on(i, x, y, 0.0, line.length_m) for i in range(len(line.dx))), key=lambda place: place.off_m)
    return found.along_m, found.off_m


def _stops(places: list[Place]) -> dict[str, Stop]:
    """A stop on a street whose line is known is drawn on that street beside its place, and says so in its error."""
    streets = {stop_id: corridor.street for corridor in CORRIDORS for stop_id in corridor.stop_ids if corridor.street}
    found = {}
    for place in places:
        at, confidence, error_m, source = place.at, place.confidence, place.error_m, place.source
        if place.stop_id in streets:
            line = _line(streets[place.stop_id])
            along_m, off_m = _nearest(line, at)
            at, source = _rounded(*line.point_at(along_m)), f"{source}, drawn on the street {off_m:.0f} m away"
            error_m = round(error_m + off_m)
            if confidence == "exact" and off_m > ON_STREET_EXACT_M:
                confidence = "approximate"
        found[place.stop_id] = Stop(
            place.stop_id,
            place.name,
            *at,
            place.code,
            place.desc,
            extra={
                "position_confidence": confidence,
                "position_error_m": str(error_m),
                "position_source": source,
                "stop_status": "documented" if place.documented else "assumed",
            },
        )
    return found


def _shape(shape_id: str, drawn: Drawn) -> Shape:
    extra = {"shape_confidence": "approximate" if drawn.known else "assumed"}
    rows = zip(drawn.points, _line(drawn.points).at, strict=True)
    return Shape(shape_id, tuple(ShapePoint(*at, n, round(along, 1), extra) for n, (at, along) in enumerate(rows, 1)))


def _trip(trip_id: str, corridor: Corridor, drawn: Drawn, direction: int, headsign: str, demo: bool) -> Trip:
    start_s = ALL_DAY_S[0] if demo else HOURS_S[0]
    times = [start_s + 5 * round(along_m / corridor.speed_mps / 5) for along_m in drawn.stop_along_m]
    calls = tuple(
        StopTime(stop_id, n, at_s, at_s, 0, round(along_m, 1))
        for n, (stop_id, at_s, along_m) in enumerate(zip(drawn.stop_ids, times, drawn.stop_along_m, strict=True), 1)
    )
    service_id, short_name, extra = ("DEMO", "DEMO", {"demo": "1"}) if demo else ("KERJA", "", {})
    shape_id = f"{corridor.route.route_id}-{corridor.directions[direction]}"
    return Trip(trip_id, corridor.route.route_id, service_id, calls, direction, shape_id, headsign, short_name, extra=extra)


def holidays_of_indonesia() -> dict[date, str]:
    """Public holidays and the government's joint leave days; names in Indonesian, only as sure as the package."""
    years = range(FIRST_DAY.year, LAST_DAY.year + 1)
    return dict(sorted(country_holidays("ID", years=years, categories=(PUBLIC, GOVERNMENT), language="id").items()))


DESCRIBED = {  # the routes' descriptions in English
    "lingkar": "Test route of 19 June 2017. The headway is an estimate.",
    "biru": "Plan of 2017: blue = north to east. Stops and headway are estimates.",
    "hijau": "Plan of 2017: green = west to south. Most stops and the headway are estimates.",
}


def _translations(trips: dict[str, Trip], stops: dict[str, Stop]) -> tuple[Translation, ...]:
    rows = [Translation("routes", "route_long_name", "en", corridor.name_en, corridor.route.route_id) for corridor in CORRIDORS]
    rows += [Translation("routes", "route_desc", "en", english, corridor) for corridor, english in DESCRIBED.items()]
    for place in PLACES:
        if place.name_en:
            rows.append(Translation("stops", "stop_name", "en", place.name_en, place.stop_id))
        rows.append(Translation("stops", "stop_desc", "en", place.desc_en, place.stop_id))
    english = {stops[place.stop_id].name: place.name_en for place in PLACES if place.name_en}
    headsigns = sorted({trip.headsign for trip in trips.values()} & set(english))
    rows += [Translation("trips", "trip_headsign", "en", english[text], field_value=text) for text in headsigns]
    return tuple(rows)


def network() -> Network:
    stops = _stops(PLACES)
    shapes: dict[str, Shape] = {}
    trips: dict[str, Trip] = {}
    frequencies: list[Frequency] = []
    for corridor in CORRIDORS:
        drawn = _drawn(corridor, stops)
        for direction, name in enumerate(corridor.directions):
            one_way = drawn.reversed() if direction else drawn
            shape_id = f"{corridor.route.route_id}-{name}"
            shapes[shape_id] = _shape(shape_id, one_way)
            headsign = stops[one_way.stop_ids[-1]].name
            for demo, (start_s, end_s) in ((False, HOURS_S), (True, ALL_DAY_S)):
                trip_id = f"demo-{shape_id}" if demo else shape_id
                trips[trip_id] = _trip(trip_id, corridor, one_way, direction, headsign, demo)
                frequencies.append(Frequency(trip_id, start_s, end_s, corridor.headway_s, 0))
    working_days = (True, True, True, True, True, False, False)
    removed = tuple(CalendarDate("KERJA", day, False, {"holiday_name": name}) for day, name in holidays_of_indonesia().items())
    return Network(
        agencies=(Agency("trans-binjai", "Trans Binjai", "http://binjaikota.go.id", "Asia/Jakarta", "id"),),
        routes={corridor.route.route_id: corridor.route for corridor in CORRIDORS},
        stops=stops,
        trips=trips,
        shapes=shapes,
        calendars={
            "KERJA": Calendar("KERJA", working_days, FIRST_DAY, LAST_DAY),
            "DEMO": Calendar("DEMO", (True,) * 7, FIRST_DAY, LAST_DAY),
        },
        calendar_dates=removed,
        frequencies=tuple(frequencies),
        feed_info=FeedInfo(
            "Contoh jaringan Trans Binjai, belum diverifikasi",
            "https://example.org",
            "id",
            "id",
            FIRST_DAY,
            LAST_DAY,
            VERSION,
            extra={"feed_status": "sample"},
        ),
        translations=_translations(trips, stops),
        other_files={
            "fare_attributes.txt": (
                ("fare_id", "price", "currency_type", "payment_method", "transfers", "agency_id"),
                ("gratis", "0", "IDR", "0", "", "trans-binjai"),
            ),
        },
    )


def spacing(made: Network) -> list[str]:
    """For whoever edits the tables: each trip's length and its stops' distances."""
    return [
        f"{trip.trip_id}: {trip.stop_times[-1].shape_dist_traveled} m, stops "
        + " ".join(
            f"{(b.shape_dist_traveled or 0.0) - (a.shape_dist_traveled or 0.0):.0f}" for a, b in pairwise(trip.stop_times)
        )
        for trip in made.trips.values()
        if not trip.extra
    ]


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    write_folder(network(), folder)
    print("\n".join(spacing(network())))
