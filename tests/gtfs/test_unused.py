"""A field of GTFS Schedule is either used or said to be unused."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from gtfs import columns
from gtfs.reader import read_network
from gtfs.unused import OURS, TRANSLATED, UNUSED, UNUSED_FILES, unused_fields
from tests.builders import a_network
from tests.gtfs.test_reader import GOOD, changed, zipped
from transit.plan.network import Network, Translation

# the reference of GTFS Schedule (gtfs.org, 2025): the columns of the files that we read
STANDARD = """
agency.txt: agency_id agency_name agency_url agency_timezone agency_lang agency_phone agency_fare_url agency_email
    cemv_support
stops.txt: stop_id stop_code stop_name tts_stop_name stop_desc stop_lat stop_lon zone_id stop_url location_type
    parent_station stop_timezone wheelchair_boarding level_id platform_code stop_access
routes.txt: route_id agency_id route_short_name route_long_name route_desc route_type route_url route_color
    route_text_color route_sort_order continuous_pickup continuous_drop_off network_id cemv_support
trips.txt: route_id service_id trip_id trip_headsign trip_short_name direction_id block_id shape_id
    wheelchair_accessible bikes_allowed cars_allowed safe_duration_factor safe_duration_offset
stop_times.txt: trip_id arrival_time departure_time stop_id location_group_id location_id stop_sequence stop_headsign
    start_pickup_drop_off_window end_pickup_drop_off_window pickup_type drop_off_type continuous_pickup
    continuous_drop_off shape_dist_traveled timepoint pickup_booking_rule_id drop_off_booking_rule_id
calendar.txt: service_id monday tuesday wednesday thursday friday saturday sunday start_date end_date
calendar_dates.txt: service_id date exception_type
shapes.txt: shape_id shape_pt_lat shape_pt_lon shape_pt_sequence shape_dist_traveled
frequencies.txt: trip_id start_time end_time headway_secs exact_times
feed_info.txt: feed_publisher_name feed_publisher_url feed_lang default_lang feed_start_date feed_end_date feed_version
    feed_contact_email feed_contact_url
translations.txt: table_name field_name language translation record_id record_sub_id field_value
"""
OTHER_FILES = """
fare_attributes fare_rules timeframes rider_categories fare_media fare_products fare_leg_rules fare_leg_join_rules
fare_transfer_rules areas stop_areas networks route_networks transfers pathways levels location_groups
location_group_stops booking_rules attributions
"""


def columns_of(file: str) -> set[str]:
    (names,) = re.findall(rf"^{file}: (.*?)(?=\n\S|\Z)", STANDARD, re.DOTALL | re.MULTILINE)
    return set(names.split())


def sentences(network: Network) -> list[str]:
    return [str(row) for row in unused_fields(network)]


def read(feed: dict[str, str]) -> list[str]:
    return sentences(read_network(zipped(feed)))


@pytest.mark.parametrize("table", columns.TABLES, ids=lambda table: table.file)
def test_each_column_of_the_standard_is_read_or_named(table: columns.Table) -> None:
    standard = columns_of(table.file)
    unused = set(UNUSED.get(table.file, ()))
    assert standard - table.names - unused == set()
    assert table.names | unused <= standard
    assert not standard & OURS.get(table.file, set())


def test_each_further_file_of_the_standard_is_named() -> None:
    assert {f"{name}.txt" for name in OTHER_FILES.split()} == set(UNUSED_FILES)


def test_a_plain_feed_has_nothing_to_say() -> None:
    assert read(GOOD) == []
    assert sentences(a_network()) == []


def test_boarding_anywhere_is_said_to_be_unused_and_not_where_it_is_forbidden() -> None:
    header = GOOD["routes.txt"].splitlines()[0]
    ends = {value: changed("routes.txt", header, f"{header},continuous_pickup") for value in "01"}
    for value, feed in ends.items():
        feed["routes.txt"] = feed["routes.txt"].rstrip("\r\n") + f",{value}\r\n"
    assert read(ends["0"]) == [
        "routes.txt, continuous_pickup: is kept and exported, but not used: riders are told of boarding at stops only"
    ]
    assert read(ends["1"]) == []


def test_a_column_that_nobody_knows_and_a_file_are_said_once() -> None:
    feed = {**GOOD, "transfers.txt": "from_stop_id,to_stop_id,transfer_type\r\nS1,S2,2\r\n", "rides.txt": "a,b\r\n1,2\r\n"}
    header, *rows = GOOD["stops.txt"].splitlines()
    feed["stops.txt"] = "\r\n".join([f"{header},shelter", *(f"{row},yes" for row in rows if row)]) + "\r\n"
    assert read(feed) == [
        "stops.txt, shelter: is kept and exported, but not used: GTFS Schedule has no such column",
        "rides.txt: is kept and exported, but not used: it is no file of GTFS Schedule",
        "transfers.txt: is kept and exported, but not used: ways to change are found by the distance between stops alone",
    ]


def test_columns_of_one_reason_share_a_sentence() -> None:
    network = a_network()
    trips = {name: replace(trip, stop_times=trip.stop_times) for name, trip in network.trips.items()}
    calls = tuple(
        replace(call, timepoint=0, extra={"pickup_booking_rule_id": "b", "continuous_drop_off": "3", "continuous_pickup": "2"})
        for call in trips["T1"].stop_times
    )
    trips["T1"] = replace(trips["T1"], stop_times=calls)
    assert [(row.file, row.field) for row in unused_fields(replace(network, trips=trips))] == [
        ("stop_times.txt", "timepoint"),
        ("stop_times.txt", "continuous_pickup, continuous_drop_off"),
        ("stop_times.txt", "pickup_booking_rule_id"),
    ]


def test_translations_of_what_is_not_translated_are_named() -> None:
    rows = (
        Translation("stops", "stop_name", "en", "Square", "S0"),
        Translation("routes", "route_url", "en", "https://example.org/en", "R1"),
        Translation("agency", "agency_phone", "en", "1", "A"),
    )
    (sentence,) = sentences(replace(a_network(), translations=rows))
    assert sentence.startswith("translations.txt, routes.route_url, agency.agency_phone: is kept and exported, but not used")


def test_what_is_called_translated_is() -> None:
    """Each pair stands in the one module that looks translations up."""
    words = (Path(__file__).resolve().parents[2] / "web" / "words" / "names.py").read_text(encoding="utf-8")
    assert [pair for pair in sorted(TRANSLATED) if f'"{pair[0]}", "{pair[1]}"' not in words] == []
