"""The sample network of Binjai: true to its tables, honest about what it does not know, and enough for buses at any hour."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from holidays import country_holidays
from pyproj import Geod

from data.binjai import make_network
from gtfs.reader import read_network
from gtfs.writer import write_folder, write_network
from tests.conftest import HOUSE
from transit.plan.network import Network, Trip
from transit.plan.service_day import services_on

BINJAI = HOUSE / "data" / "binjai"
WGS84 = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def network() -> Network:
    return read_network(BINJAI)


def test_the_files_are_those_that_the_tables_give(tmp_path: Path) -> None:
    """After a change in make_network.py (or a newer `holidays`): python -m data.binjai.make_network"""
    write_folder(make_network.network(), tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_bytes() for path in BINJAI.glob("*.txt")}


def test_export_and_import_change_nothing(network: Network) -> None:
    assert read_network(write_network(network)) == network == make_network.network()


def test_the_public_holidays_of_the_package_are_taken_out(network: Network) -> None:
    days = set(country_holidays("ID", years=(2026, 2027), categories=("public", "government")))
    assert {row.date for row in network.calendar_dates} == days
    assert len(days) > 40
    assert not any(row.added for row in network.calendar_dates)
    assert all(row.extra["holiday_name"] for row in network.calendar_dates)


@pytest.mark.parametrize(
    ("day", "runs"),
    [
        (date(2026, 11, 23), {"KERJA", "DEMO"}),  # a Monday
        (date(2026, 11, 22), {"DEMO"}),  # a Sunday
        (date(2026, 8, 17), {"DEMO"}),  # a Monday: Independence Day
        (date(2027, 12, 31), {"KERJA", "DEMO"}),
    ],
)
def test_buses_run_on_working_days_and_the_demonstration_every_day(network: Network, day: date, runs: set[str]) -> None:
    assert services_on(network, day) == runs


def test_regular_hours_are_those_of_the_sources_and_the_demonstration_never_ends(network: Network) -> None:
    windows = {network.trip(row.trip_id).is_demo: (row.start_s, row.end_s) for row in network.frequencies}
    assert windows == {False: (6 * 3600 + 1800, 16 * 3600), True: (0, 24 * 3600)}
    assert all(network.is_headway_based(trip_id) for trip_id in network.trips)


def test_at_any_hour_of_two_years_at_least_four_buses_are_out(network: Network) -> None:
    """Run time of each direction over its headway, of the demonstration alone: it covers every minute."""
    demo = [trip for trip in network.trips.values() if trip.is_demo]
    buses = sum(run_time_s(trip) / network.frequencies_of[trip.trip_id][0].headway_s for trip in demo)
    assert buses >= 4
    day = date(2026, 1, 1)
    while day <= date(2027, 12, 31):
        assert "DEMO" in services_on(network, day)
        day += timedelta(days=1)


def run_time_s(trip: Trip) -> int:
    first, last = trip.stop_times[0].departure_s, trip.stop_times[-1].arrival_s
    assert first is not None
    assert last is not None
    return last - first


def test_demonstration_trips_say_so_and_mirror_the_regular_ones(network: Network) -> None:
    assert network.is_sample
    for trip in network.trips.values():
        assert trip.is_demo == (trip.service_id == "DEMO") == (trip.short_name == "DEMO")
        twin = network.trip(trip.trip_id.removeprefix("demo-") if trip.is_demo else f"demo-{trip.trip_id}")
        assert [call.stop_id for call in trip.stop_times] == [call.stop_id for call in twin.stop_times]
        assert trip.shape_id == twin.shape_id


def test_the_loop_closes_and_the_others_go_both_ways(network: Network) -> None:
    assert network.trip("lingkar-putar").stop_times[0].stop_id == network.trip("lingkar-putar").stop_times[-1].stop_id
    for there, back in (("biru-ke-timur", "biru-ke-utara"), ("hijau-ke-selatan", "hijau-ke-barat")):
        stops = [call.stop_id for call in network.trip(there).stop_times]
        assert stops == [call.stop_id for call in network.trip(back).stop_times][::-1]
        assert (network.trip(there).direction_id, network.trip(back).direction_id) == (0, 1)


def test_every_stop_and_every_line_says_how_sure_it_is(network: Network) -> None:
    for stop in network.stops.values():
        assert stop.extra["position_confidence"] in ("exact", "approximate", "kelurahan", "assumed")
        assert int(stop.extra["position_error_m"]) >= 30
        assert stop.extra["position_source"]
        assert stop.extra["stop_status"] in ("documented", "assumed")
        assert ("belum diverifikasi" in stop.desc) == (stop.extra["stop_status"] == "assumed")
    points = [point for shape in network.shapes.values() for point in shape.points]
    assert {point.extra["shape_confidence"] for point in points} == {"approximate", "assumed"}


def test_only_what_a_source_names_as_a_stop_is_called_documented(network: Network) -> None:
    documented = {stop_id for stop_id, stop in network.stops.items() if stop.extra["stop_status"] == "documented"}
    assert documented == {"balai-kota", "jambi-bandung", "jambi-kedua"}


def test_stops_of_known_places_lie_where_the_places_lie(network: Network) -> None:
    """The place's own point, or that point moved to the street: never farther than the error that the stop admits."""
    with (BINJAI / "places.csv").open(encoding="utf-8") as text:
        places = {row["place_id"]: row for row in csv.DictReader(text)}
    met = 0
    for stop_id, stop in network.stops.items():
        place = next((row for place_id, row in places.items() if place_id.endswith(stop_id)), None)
        if place is not None and place["lat"]:
            met += 1
            off_m = WGS84.inv(stop.lon, stop.lat, float(place["lon"]), float(place["lat"]))[2]
            assert off_m <= int(stop.extra["position_error_m"])
    assert met >= 5


def test_stop_codes_are_short_and_unique(network: Network) -> None:
    codes = [stop.code for stop in network.stops.values()]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 2 and code.isdigit() for code in codes)


def test_distances_are_metres_on_the_ground(network: Network) -> None:
    for shape in network.shapes.values():
        lons, lats = [point.lon for point in shape.points], [point.lat for point in shape.points]
        assert shape.points[-1].dist_traveled == pytest.approx(WGS84.line_length(lons, lats), rel=1e-3)


def test_every_stop_lies_on_its_line_where_its_distance_says(network: Network) -> None:
    for trip in network.trips.values():
        points = network.shapes[trip.shape_id].points
        for call in trip.stop_times:
            along_m = call.shape_dist_traveled or 0.0
            after = next(n for n, point in enumerate(points) if n and (point.dist_traveled or 0.0) >= along_m)
            a, b = points[after - 1], points[after]
            start_m, end_m = a.dist_traveled or 0.0, b.dist_traveled or 0.0
            share = (along_m - start_m) / (end_m - start_m)
            lat, lon = a.lat + share * (b.lat - a.lat), a.lon + share * (b.lon - a.lon)
            stop = network.stop(call.stop_id)
            assert WGS84.inv(stop.lon, stop.lat, lon, lat)[2] < 10


def test_the_ride_is_free(network: Network) -> None:
    header, fare = network.other_files["fare_attributes.txt"]
    assert dict(zip(header, fare, strict=True))["price"] == "0"
    assert dict(zip(header, fare, strict=True))["currency_type"] == "IDR"


def test_the_city_and_its_clock(network: Network) -> None:
    assert network.timezone == "Asia/Jakarta"
    assert network.agencies[0].phone == "", "no telephone number is known"
    assert network.feed_info is not None
    assert (network.feed_info.start_date, network.feed_info.end_date) == (date(2026, 1, 1), date(2027, 12, 31))


def test_what_riders_read_in_english_names_things_that_exist(network: Network) -> None:
    tables: dict[str, Mapping[str, object]] = {"stops": network.stops, "routes": network.routes}
    for row in network.translations:
        assert row.language == "en"
        assert row.record_id in tables[row.table_name] if row.record_id else row.field_value
    described = {row.record_id for row in network.translations if row.field_name == "stop_desc"}
    assert described == set(network.stops)
    assert {row.record_id for row in network.translations if row.table_name == "routes"} == set(network.routes)
