"""Reading: what is tolerated, what is kept, and what refuses a feed."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from contextlib import chdir
from datetime import date
from pathlib import Path

import pytest

from gtfs.problems import MAX_ALIKE, MAX_PROBLEMS
from gtfs.reader import BrokenFeed, read_feed, read_network
from gtfs.writer import write_network
from transit.plan.network import CalendarDate, Network
from transit.plan.service_day import services_on

Feed = dict[str, str]

GOOD: Feed = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\nA,Bus Kota,https://example.org,Asia/Jakarta\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\nS1,Pangkal,3.6,98.5\nS2,Tengah,3.605,98.5\nS3,Ujung,3.61,98.5\n",
    "routes.txt": "route_id,agency_id,route_short_name,route_type,route_color\nR1,A,1,3,0057B8\n",
    "trips.txt": "route_id,service_id,trip_id,shape_id\nR1,D,T1,L\nR1,D,T2,L\n",
    "stop_times.txt": (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "T1,07:00:00,07:00:00,S1,1\nT1,07:05:00,07:05:30,S2,2\nT1,07:10:00,07:10:00,S3,3\n"
        "T2,23:55:00,23:55:00,S1,1\nT2,,,S2,2\nT2,24:10:00,25:10:00,S3,3\n"
    ),
    "calendar.txt": (
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "D,1,1,1,1,1,0,0,20260101,20261231\n"
    ),
    "calendar_dates.txt": "service_id,date,exception_type\nD,20260817,2\nD,20260822,1\n",
    "shapes.txt": "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\nL,3.6,98.5,1\nL,3.61,98.5,2\n",
    "frequencies.txt": "trip_id,start_time,end_time,headway_secs,exact_times\nT1,07:00:00,09:00:00,600,0\n",
}


def zipped(feed: Feed, folder: str = "", encoding: str = "utf-8") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in feed.items():
            archive.writestr(folder + name, text.encode(encoding))
    return packed.getvalue()


def changed(name: str, old: str, new: str) -> Feed:
    assert old in GOOD[name], "the planted defect must hit something"
    return {**GOOD, name: GOOD[name].replace(old, new, 1)}


def without(name: str) -> Feed:
    return {file: text for file, text in GOOD.items() if file != name}


# --- tolerated -----------------------------------------------------------------------------------------------------------


def test_a_plain_feed_is_read() -> None:
    network, notices = read_feed(zipped(GOOD))
    assert not notices
    assert network.timezone == "Asia/Jakarta"
    assert network.route("R1").color == "0057B8"
    assert [call.stop_id for call in network.trip("T1").stop_times] == ["S1", "S2", "S3"]
    assert network.is_headway_based("T1")
    assert not network.is_headway_based("T2")


def test_times_after_midnight_and_empty_times_are_kept() -> None:
    calls = read_network(zipped(GOOD)).trip("T2").stop_times
    assert [call.arrival_s for call in calls] == [86100, None, 87000]
    assert calls[2].departure_s == 25 * 3600 + 600


def test_services_follow_the_calendar_and_its_exceptions() -> None:
    network = read_network(zipped(GOOD))
    assert services_on(network, date(2026, 8, 17)) == frozenset()
    assert services_on(network, date(2026, 8, 18)) == {"D"}
    assert services_on(network, date(2026, 8, 22)) == {"D"}
    assert network.calendar_dates[0] == CalendarDate("D", date(2026, 8, 17), False)


def _with_bom(feed: Feed) -> Feed:
    return {name: "\ufeff" + text for name, text in feed.items()}


def _with_crlf(feed: Feed) -> Feed:
    return {name: text.replace("\n", "\r\n") for name, text in feed.items()}


def _with_quotes(feed: Feed) -> Feed:
    lines = {name: text.splitlines() for name, text in feed.items()}
    return {name: "".join(",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in lines[name]) for name in feed}


def _with_empty_lines(feed: Feed) -> Feed:
    return {name: text + "\n   \n,,\n\n" for name, text in feed.items()}


def _with_padding(feed: Feed) -> Feed:
    return {name: text.replace(",", " , ") for name, text in feed.items()}


def _with_columns_turned_round(feed: Feed) -> Feed:
    return {name: "".join(",".join(line.split(",")[::-1]) + "\n" for line in text.splitlines()) for name, text in feed.items()}


def _with_rows_shuffled(feed: Feed) -> Feed:
    lines = feed["stop_times.txt"].splitlines()
    rows = lines[1:]
    random.Random(5).shuffle(rows)
    return {**feed, "stop_times.txt": "\n".join([lines[0], *rows])}


@pytest.mark.parametrize(
    "spoil",
    [_with_bom, _with_crlf, _with_quotes, _with_empty_lines, _with_padding, _with_columns_turned_round, _with_rows_shuffled],
)
def test_harmless_differences_of_writing_change_nothing(spoil: Callable[[Feed], Feed]) -> None:
    spoilt = spoil(GOOD)
    assert spoilt != GOOD
    assert read_network(zipped(spoilt)) == read_network(zipped(GOOD))


def test_a_feed_in_a_sub_folder_of_the_zip_is_found() -> None:
    feed = {**{f"gtfs-2026/{name}": text for name, text in GOOD.items()}, "__MACOSX/gtfs-2026/._stops.txt": "\x00\x01"}
    assert read_network(zipped(feed)) == read_network(zipped(GOOD))


def test_a_folder_reads_like_its_zip(tmp_path: Path) -> None:
    for name, text in GOOD.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    packed = tmp_path / "feed.zip"
    packed.write_bytes(zipped(GOOD))
    assert read_network(tmp_path) == read_network(packed) == read_network(zipped(GOOD))


def test_names_may_hold_any_letter_and_commas_and_line_ends() -> None:
    name = 'Halte "Rambutan", ᯆᯗᯂ 站 🚌\nlantai 2'
    feed = {**GOOD, "stops.txt": GOOD["stops.txt"].replace("Pangkal", '"' + name.replace('"', '""') + '"')}
    assert read_network(zipped(feed)).stop("S1").name == name


def test_columns_and_files_that_we_do_not_know_are_kept() -> None:
    feed = changed("stops.txt", "stop_lon\nS1,Pangkal,3.6,98.5", "stop_lon,position_confidence\nS1,Pangkal,3.6,98.5,exact")
    network = read_network(zipped({**feed, "fare_attributes.txt": "fare_id,price\ngratis,0\n"}))
    assert network.stop("S1").extra == {"position_confidence": "exact"}
    assert network.stop("S2").extra == {}
    assert network.other_files == {"fare_attributes.txt": (("fare_id", "price"), ("gratis", "0"))}


def test_without_shapes_the_ids_of_shapes_mean_nothing_and_that_is_said() -> None:
    network, notices = read_feed(zipped(without("shapes.txt")))
    assert {trip.shape_id for trip in network.trips.values()} == {""}
    assert [notice.file for notice in notices] == ["shapes.txt"]


def test_a_trip_that_calls_nowhere_is_left_out_and_said_so() -> None:
    network, notices = read_feed(zipped(changed("trips.txt", "R1,D,T2,L", "R1,D,T2,L\nR1,D,T3,L")))
    assert set(network.trips) == {"T1", "T2"}
    assert [(notice.file, notice.line) for notice in notices] == [("trips.txt", 4)]


TOLERATED = [
    ("agency.txt", "agency_name,", "", 1, "agency_name"),
    ("agency.txt", "Bus Kota", "", 2, "agency_name"),
    ("agency.txt", "Asia/Jakarta\n", "Asia/Jakarta\nB,Kota Lain,https://example.org,Asia/Tokyo\n", 3, "agency_timezone"),
    ("stops.txt", "3.605", "", 3, "stop_lat"),
    ("stops.txt", "S2,Tengah,3.605,98.5", "S2,Tengah,0,0", 3, "stop_lat"),
    ("stops.txt", "Tengah", "", 3, "stop_name"),
    ("stops.txt", "stop_name,", "stop_name,stop_name,", 1, "stop_name"),
    ("routes.txt", "R1,A,1,3", "R1,Z,1,3", 2, "agency_id"),
    ("routes.txt", "R1,A,1,3", "R1,A,1,bus", 2, "route_type"),
    ("routes.txt", "R1,A,1,3", "R1,A,1,99", 2, "route_type"),
    ("routes.txt", "R1,A,1,3", "R1,A,,3", 2, "route_short_name"),
    ("trips.txt", "R1,D,T1,L", "R9,D,T1,L", 2, "route_id"),
    ("trips.txt", "R1,D,T1,L", "R1,X,T1,L", 2, "service_id"),
    ("trips.txt", "R1,D,T1,L", "R1,D,T1,M", 2, "shape_id"),
    ("trips.txt", "R1,D,T2,L", "R1,D,T2,L\nR1,D,T1,L", 4, "trip_id"),
    ("stop_times.txt", "T1,07:05:00", "T9,07:05:00", 3, "trip_id"),
    ("stop_times.txt", "S2,2", "S9,2", 3, "stop_id"),
    ("stop_times.txt", "07:05:00", "06:05:00", 3, "arrival_time"),
    ("stop_times.txt", "07:05:30", "07:04:30", 3, "departure_time"),
    ("stop_times.txt", "24:10:00,25:10:00", "00:10:00,25:10:00", 7, "arrival_time"),
    ("stop_times.txt", "S2,2", "S2,1", 3, "stop_sequence"),
    ("stop_times.txt", "T1,07:10:00,07:10:00,S3", "T1,,,S3", 4, "arrival_time"),
    ("stop_times.txt", "T1,07:00:00,07:00:00,S1", "T1,,,S1", 2, "departure_time"),
    ("calendar.txt", "20261231", "20251231", 2, "end_date"),
    ("shapes.txt", "L,3.61,98.5,2", "L,3.61,98.5,1", 3, "shape_pt_sequence"),
    ("shapes.txt", "L,3.61,98.5,2", "M,3.61,98.5,2", 2, "shape_id"),
    ("frequencies.txt", "T1,07:00:00", "T9,07:00:00", 2, "trip_id"),
    ("frequencies.txt", "09:00:00", "06:00:00", 2, "end_time"),
    ("frequencies.txt", "600", "0", 2, "headway_secs"),
    ("frequencies.txt", "600,0\n", "600,0\nT1,08:00:00,10:00:00,300,0\n", 3, "start_time"),
    ("agency.txt", "agency_url,", "", 1, "agency_url"),
    ("routes.txt", "0057B8", "biru", 2, "route_color"),
    ("routes.txt", "route_type,", "", 1, "route_type"),
    ("stops.txt", "S3,Ujung,3.61,98.5\n", "S3,Ujung,3.61,98.5\nS3,Ujung lagi,3.61,98.5\n", 5, "stop_id"),
    ("stops.txt", "S3,Ujung,3.61,98.5\n", "S3,Ujung,3.61,98.5\nS4,Gudang,,\n", 5, "stop_lat"),
    ("trips.txt", "R1,D,T2,L", "R1,D,T2,L\nR1,D,T1,", 4, "trip_id"),
    ("trips.txt", "R1,D,T2,L", "R1,D,T2,L\nR1,D,,L", 4, "trip_id"),
    ("stop_times.txt", "S2,2", ",2", 3, "stop_id"),
    ("stop_times.txt", "07:05:30,S2,2", "07:05:30,S2,2,Ujung", 3, ""),
    ("stop_times.txt", "T1,07:10:00", "T1,07:05:00,07:05:30,S2,2\nT1,07:10:00", 4, ""),
    ("calendar_dates.txt", "D,20260822,1\n", "D,20260822,1\nD,20260822,1\n", 4, "date"),
    ("calendar.txt", "D,1,1", "N,0,0,0,0,0,0,0,20260101,20261231\nD,1,1", None, ""),
    ("shapes.txt", "L,3.6,98.5,1", "L,x,98.5,0\nL,3.6,98.5,1", 2, "shape_pt_lat"),
    ("shapes.txt", "L,3.6,98.5,1", "L,0,0,0\nL,3.6,98.5,1", 2, "shape_pt_lat"),
    ("shapes.txt", "shape_pt_lat,", "lintang,", 1, "shape_pt_lat"),
]


@pytest.mark.parametrize(("file", "old", "new", "line", "field"), TOLERATED)
def test_a_fault_in_one_place_is_said_and_the_rest_is_read(file: str, old: str, new: str, line: int, field: str) -> None:
    feed = changed(file, old, new)
    if "url," in old or old == "agency_name," or old == "route_type,":
        feed[file] = _without_column(GOOD[file], old.rstrip(","))
    elif old == "stop_name,":
        feed[file] = feed[file].replace(",Pangkal", ",Pangkal,-").replace(",Tengah", ",Tengah,-").replace(",Ujung", ",Ujung,-")
    network, warnings = read_feed(zipped(feed))
    places = [(warning.file, warning.line, warning.field) for warning in warnings]
    assert (file, line, field) in places or line is None
    assert len(places) <= 3, "no complaint about what merely follows from the fault"
    assert network.trips
    assert read_network(write_network(network)) == network


def _without_column(text: str, name: str) -> str:
    rows = [row.split(",") for row in text.splitlines()]
    place = rows[0].index(name)
    return "".join(",".join(row[:place] + row[place + 1 :]) + "\n" for row in rows)


def read_with(file: str, old: str, new: str) -> Network:
    return read_network(zipped(changed(file, old, new)))


def test_a_stop_without_a_name_is_called_by_its_id() -> None:
    assert read_with("stops.txt", "Tengah", "").stop("S2").name == "S2"


def test_a_colour_may_begin_with_a_hash_and_no_colour_is_none() -> None:
    assert read_with("routes.txt", "0057B8", "#0057B8").route("R1").color == "0057B8"
    assert read_with("routes.txt", "0057B8", "biru").route("R1").color == ""


def test_a_route_of_an_unknown_kind_is_a_bus() -> None:
    assert read_with("routes.txt", "R1,A,1,3", "R1,A,1,99").route("R1").route_type == 3


def test_whole_numbers_of_a_spreadsheet_are_whole_numbers() -> None:
    assert read_network(zipped(_with_column(GOOD, "trips.txt", "direction_id", "1.0"))).trip("T1").direction_id == 1


def _with_column(feed: Feed, file: str, name: str, value: str) -> Feed:
    head, *rows = feed[file].splitlines()
    return {**feed, file: "".join(f"{row}\n" for row in (f"{head},{name}", *(f"{row},{value}" for row in rows)))}


def test_an_optional_value_that_nobody_knows_is_not_given() -> None:
    picking_up = read_network(zipped(_with_column(GOOD, "stop_times.txt", "pickup_type", "9")))
    assert picking_up.trip("T1").stop_times[0].pickup_type is None
    wheelchairs = read_network(zipped(_with_column(GOOD, "stops.txt", "wheelchair_boarding", "yes")))
    assert wheelchairs.stop("S1").wheelchair_boarding is None


@pytest.mark.parametrize("place", ["3.605,", ",", "0,0"])
def test_a_stop_without_a_position_is_passed_over(place: str) -> None:
    network = read_with("stops.txt", "3.605,98.5", place)
    assert network.stop("S2").lat is None
    assert [call.stop_id for call in network.trip("T1").stop_times] == ["S1", "S3"]


def test_a_platform_has_the_position_of_its_station() -> None:
    feed = {
        **GOOD,
        "stops.txt": (
            "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
            "S1,Pangkal,3.6,98.5,,\nS2,Tengah,,,0,P\nS3,Ujung,3.61,98.5,,\nP,Stasiun,3.605,98.5,1,\n"
        ),
    }
    assert [call.stop_id for call in read_network(zipped(feed)).trip("T1").stop_times] == ["S1", "S2", "S3"]


def test_a_station_that_is_not_there_is_forgotten() -> None:
    assert read_network(zipped(_with_column(GOOD, "stops.txt", "parent_station", "P"))).stop("S1").parent_station == ""


def test_stops_that_are_each_others_stations_and_nowhere_are_passed_over() -> None:
    feed = {
        **GOOD,
        "stops.txt": (
            "stop_id,stop_name,stop_lat,stop_lon,parent_station\nS1,Pangkal,3.6,98.5,\nS2,Tengah,,,S2\nS3,Ujung,3.61,98.5,\n"
            "S4,Gudang,,,S5\nS5,Gudang,,,S4\n"
        ),
    }
    assert [call.stop_id for call in read_network(zipped(feed)).trip("T1").stop_times] == ["S1", "S3"]


def test_a_time_that_runs_backwards_is_not_given() -> None:
    assert read_with("stop_times.txt", "07:05:00", "06:05:00").trip("T1").stop_times[1].arrival_s is None


def test_a_time_that_starts_again_at_midnight_is_one_after_midnight() -> None:
    calls = read_with("stop_times.txt", "24:10:00,25:10:00", "00:10:00,01:10:00").trip("T2").stop_times
    assert (calls[-1].arrival_s, calls[-1].departure_s) == (87000, 90600)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("trips.txt", "R1,D,T1,L", "R9,D,T1,L"),
        ("trips.txt", "R1,D,T1,L", "R1,X,T1,L"),
        ("stop_times.txt", "S2,2", "S2,1"),
        ("stop_times.txt", "T1,07:10:00,07:10:00,S3", "T1,,,S3"),
        ("stop_times.txt", "T1,07:00:00,07:00:00", "T1,17:00:00,17:00:00"),
        ("frequencies.txt", "600", "0"),
    ],
)
def test_a_broken_trip_is_left_out_alone(file: str, old: str, new: str) -> None:
    network, warnings = read_feed(zipped(changed(file, old, new)))
    assert set(network.trips) == {"T2"}
    assert {warning.file for warning in warnings} == {file}


def test_where_every_trip_is_broken_the_feed_is_refused_with_the_causes() -> None:
    feed = {**GOOD, "trips.txt": GOOD["trips.txt"].replace(",D,", ",X,")}
    with pytest.raises(BrokenFeed, match="no trip can run") as refusal:
        read_network(zipped(feed))
    assert ("trips.txt", 2, "service_id") in [(row.file, row.line, row.field) for row in refusal.value.problems]


def test_a_shape_that_is_not_there_or_has_one_point_is_drawn_from_stop_to_stop() -> None:
    assert read_with("trips.txt", "R1,D,T1,L", "R1,D,T1,M").trip("T1").shape_id == ""
    assert read_with("shapes.txt", "L,3.61,98.5,2", "M,3.61,98.5,2").trip("T1").shape_id == ""


def test_distances_that_run_backwards_are_not_believed() -> None:
    feed = _with_column(GOOD, "stop_times.txt", "shape_dist_traveled", "5")
    feed["stop_times.txt"] = feed["stop_times.txt"].replace("S2,2,5", "S2,2,3", 1)
    first, second = read_network(zipped(feed)).trips.values()
    assert [call.shape_dist_traveled for call in first.stop_times] == [None] * 3
    assert [call.shape_dist_traveled for call in second.stop_times] == [5.0] * 3


@pytest.mark.parametrize("again", ["S3,Ujung lagi,3.61,98.5", "S3,Ujung,3.7,98.5"])
def test_a_second_row_of_one_stop_is_left_out_wherever_it_says_that_the_stop_lies(again: str) -> None:
    first = "S3,Ujung,3.61,98.5\n"
    network, warnings = read_feed(zipped(changed("stops.txt", first, f"{first}{again}\n")))
    assert (network.stop("S3").name, network.stop("S3").lat) == ("Ujung", 3.61)
    assert [(warning.file, warning.line) for warning in warnings] == [("stops.txt", 5)]


def test_a_second_row_of_one_calendar_is_left_out_and_said() -> None:
    row = "D,1,1,1,1,1,0,0,20260101,20261231\n"
    network, warnings = read_feed(zipped(changed("calendar.txt", row, row + row.replace("0,0", "1,1"))))
    assert network.calendars["D"].weekdays == (True,) * 5 + (False,) * 2
    assert [(warning.file, warning.line) for warning in warnings] == [("calendar.txt", 3)]


@pytest.mark.parametrize("rows", ["D,20260822,1\nD,20260822,2\n", "D,20260822,2\nD,20260822,1\n"])
def test_a_date_that_is_added_and_removed_is_removed(rows: str) -> None:
    network, warnings = read_feed(zipped(changed("calendar_dates.txt", "D,20260822,1\n", rows)))
    assert services_on(network, date(2026, 8, 22)) == frozenset()
    assert services_on(network, date(2026, 8, 21)) == {"D"}
    assert [(warning.file, warning.line) for warning in warnings] == [("calendar_dates.txt", 4)]


def test_text_of_windows_is_read_and_said() -> None:
    network, warnings = read_feed(zipped(changed("stops.txt", "Tengah", "Café"), encoding="cp1252"))
    assert network.stop("S2").name == "Café"
    assert [(warning.file, warning.line) for warning in warnings] == [("stops.txt", 3)]


def test_an_empty_optional_file_is_no_file() -> None:
    network, warnings = read_feed(zipped({**GOOD, "frequencies.txt": "", "feed_info.txt": "\n"}))
    assert (network.frequencies, network.feed_info) == ((), None)
    assert [warning.file for warning in warnings] == ["frequencies.txt", "feed_info.txt"]


def test_time_zones_are_found_in_any_case_and_by_their_old_names() -> None:
    assert read_with("agency.txt", "Asia/Jakarta", "asia/jakarta").timezone == "Asia/Jakarta"
    assert read_with("agency.txt", "Asia/Jakarta", "US/Eastern").timezone == "US/Eastern"


def test_routes_of_an_agency_that_has_no_id_are_read() -> None:
    feed = changed("agency.txt", "A,Bus Kota", ",Bus Kota")
    assert read_network(zipped(feed)).route("R1").agency_id == ""


def test_agencies_in_two_zones_share_the_first() -> None:
    second = "Asia/Jakarta\nB,Kota Lain,https://example.org,Asia/Tokyo\n"
    assert read_with("agency.txt", "Asia/Jakarta\n", second).timezone == "Asia/Jakarta"


def test_warnings_of_one_kind_are_told_a_few_times_and_then_counted() -> None:
    rows = "".join(f"T9,07:00:00,07:00:00,S1,{n}\n" for n in range(1000))
    _, warnings = read_feed(zipped({**GOOD, "stop_times.txt": GOOD["stop_times.txt"] + rows}))
    assert len(warnings) == MAX_ALIKE + 1
    assert str(warnings[-1]).startswith(f"stop_times.txt, trip_id: {1000 - MAX_ALIKE} more like this")


# --- refused -------------------------------------------------------------------------------------------------------------

DEFECTS = [
    ("stops.txt", "3.605", "tiga", 3, "stop_lat"),
    ("stops.txt", "3.605", "NaN", 3, "stop_lat"),
    ("stops.txt", "3.605", "1e999", 3, "stop_lat"),
    ("stops.txt", "3.605", "98.5", 3, "stop_lat"),
    ("stop_times.txt", "07:05:00", "7.05", 3, "arrival_time"),
    ("stop_times.txt", "07:05:00", "07:65:00", 3, "arrival_time"),
    ("stop_times.txt", "S2,2", "S2,-2", 3, "stop_sequence"),
    ("frequencies.txt", "07:00:00", "pagi", 2, "start_time"),
    ("agency.txt", "Asia/Jakarta", "Asia/Binjai", 2, "agency_timezone"),
    ("agency.txt", "Asia/Jakarta", "../../etc/passwd", 2, "agency_timezone"),
    ("stops.txt", "3.605", "3,605", 3, ""),
    ("calendar.txt", "20261231", "20261331", 2, "end_date"),
    ("calendar.txt", "20261231", "31-12-2026", 2, "end_date"),
    ("calendar.txt", "D,1", "D,2", 2, "monday"),
    ("calendar_dates.txt", "20260817,2", "20260817,3", 2, "exception_type"),
]


@pytest.mark.parametrize(("file", "old", "new", "line", "field"), DEFECTS)
def test_a_planted_defect_is_refused_with_its_place(file: str, old: str, new: str, line: int, field: str) -> None:
    with pytest.raises(BrokenFeed) as refusal:
        read_network(zipped(changed(file, old, new)))
    places = [(problem.file, problem.line, problem.field) for problem in refusal.value.problems]
    assert places[0] == (file, line, field)
    assert len(places) == 1, "no complaint about what merely follows from the defect"
    assert all(len(problem.message) > 10 for problem in refusal.value.problems)
    assert f"{file} line {line}" in str(refusal.value)


@pytest.mark.parametrize("file", ["agency.txt", "stops.txt", "routes.txt", "trips.txt", "stop_times.txt"])
def test_a_missing_file_is_named(file: str) -> None:
    with pytest.raises(BrokenFeed) as refusal:
        read_network(zipped(without(file)))
    [only] = refusal.value.problems
    assert (only.file, only.line) == (file, None)
    assert "missing" in only.message


def test_one_of_the_two_calendars_is_enough() -> None:
    assert read_network(zipped(without("calendar_dates.txt"))).calendars
    assert read_network(zipped(without("calendar.txt"))).calendar_dates
    with pytest.raises(BrokenFeed, match="calendar_dates"):
        read_network(zipped({name: text for name, text in GOOD.items() if "calendar" not in name}))


def test_a_feed_in_which_nothing_ever_runs_is_refused() -> None:
    never = changed("calendar.txt", "D,1,1,1,1,1,0,0", "D,0,0,0,0,0,0,0")
    never["calendar_dates.txt"] = "service_id,date,exception_type\nD,20260817,2\n"
    with pytest.raises(BrokenFeed, match="no service runs"):
        read_network(zipped(never))


def test_a_trip_that_calls_at_a_station_is_read_and_said() -> None:
    header = "stop_id,stop_name,stop_lat,stop_lon,location_type\n"
    station = header + "S1,Pangkal,3.6,98.5,1\nS2,Tengah,3.605,98.5,\nS3,Ujung,3.61,98.5,0\n"
    network, warnings = read_feed(zipped({**GOOD, "stops.txt": station}))
    assert network.trip("T1").stop_times[0].stop_id == "S1"
    assert [(warning.line, warning.field) for warning in warnings] == [(2, "location_type")]


def test_all_problems_of_all_files_come_at_once() -> None:
    feed = changed("stops.txt", "3.605", "selatan")
    feed["routes.txt"] = feed["routes.txt"].replace("R1,A,1", ",A,1")
    feed["calendar.txt"] = feed["calendar.txt"].replace("20261231", "kapan")
    with pytest.raises(BrokenFeed) as refusal:
        read_network(zipped(feed))
    assert {"stops.txt", "routes.txt", "calendar.txt"} <= {problem.file for problem in refusal.value.problems}


def test_the_list_of_problems_is_capped() -> None:
    rows = "".join(f"D,x{n},1\n" for n in range(10_000))
    with pytest.raises(BrokenFeed) as refusal:
        read_network(zipped({**GOOD, "calendar_dates.txt": GOOD["calendar_dates.txt"] + rows}))
    assert len(refusal.value.problems) == MAX_PROBLEMS


def test_a_quotation_mark_left_open_is_refused() -> None:
    with pytest.raises(BrokenFeed, match="quotation mark"):
        read_network(zipped(changed("stops.txt", "Tengah", '"Tengah')))


# --- broken and hostile containers --------------------------------------------------------------------------------------


def _truncated() -> bytes:
    return zipped(GOOD)[:-40]


def _with_a_wrong_byte_in_the_middle() -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as archive:
        for name, text in GOOD.items():
            archive.writestr(name, text)
    return stored.getvalue().replace(b"Tengah", b"Tengih", 1)


@pytest.mark.parametrize(
    "content", [b"", b"not a zip", b"PK\x03\x04" + b"\x00" * 60, _truncated(), _with_a_wrong_byte_in_the_middle()]
)
def test_a_broken_zip_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(BrokenFeed) as refusal:
        read_network(content)
    assert "again" in str(refusal.value)


def test_a_path_that_does_not_exist_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(BrokenFeed, match="does not exist"):
        read_network(tmp_path / "nowhere.zip")


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("stop_times.txt", "w") as entry:
        for _ in range(60):
            entry.write(b"\n" * (1 << 20))
    assert len(packed.getvalue()) < 1 << 20
    with pytest.raises(BrokenFeed, match="no timetable"):
        read_network(packed.getvalue())


def test_names_that_climb_out_of_the_zip_write_nothing(tmp_path: Path) -> None:
    feed = {**GOOD, "../../stops.txt": "evil", "/tmp/stops.txt": "evil"}
    with chdir(tmp_path):
        assert read_network(zipped(feed)) == read_network(zipped(GOOD))
    assert not list(tmp_path.iterdir())


def test_two_feeds_in_one_zip_are_not_guessed_between() -> None:
    feed = {f"{folder}/{name}": text for folder in ("a", "b") for name, text in GOOD.items()}
    with pytest.raises(BrokenFeed, match="several feeds"):
        read_network(zipped(feed))


def test_a_large_feed_is_read_and_written_whole() -> None:
    trips = range(2000)
    times = {(t, n): f"{6 + t % 18:02d}:{n:02d}" for t in trips for n in range(1, 51)}
    rows = (f"T{t},{time}:00,{time}:30,S{n},{n}\n" for (t, n), time in times.items())
    stops = (f"S{n},Halte {n},{3 + n / 100},98.5\n" for n in range(1, 51))
    feed = {
        **without("frequencies.txt"),
        "trips.txt": "route_id,service_id,trip_id\n" + "".join(f"R1,D,T{t}\n" for t in trips),
        "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n" + "".join(stops),
        "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n" + "".join(rows),
    }
    network = read_network(zipped(feed))
    assert sum(len(trip.stop_times) for trip in network.trips.values()) == 100_000
    assert read_network(write_network(network)) == network
    first, later = network.trip("T0").stop_times[3], network.trip("T1999").stop_times[3]
    assert first.stop_id is later.stop_id, "equal strings are one object"


def test_windows_that_overlap_are_said_and_kept_and_those_that_touch_are_not() -> None:
    row = "T1,07:00:00,09:00:00,600,0\n"
    rows = row + "T1,09:00:00,10:00:00,600,0\nT1,09:30:00,11:00:00,600,0\n" + row
    network, warnings = read_feed(zipped(changed("frequencies.txt", row, rows)))
    assert [window.start_s // 1800 for window in network.frequencies_of["T1"]] == [14, 18, 19]
    assert sorted(warning.line for warning in warnings if warning.line) == [4, 5]


def test_a_trip_of_very_many_windows_is_read_in_time_that_grows_with_them_alone() -> None:
    rows = "".join(f"T1,{5 + n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d},30:00:00,600,0\n" for n in range(8_000))
    network, warnings = read_feed(
        zipped({**GOOD, "frequencies.txt": "trip_id,start_time,end_time,headway_secs,exact_times\n" + rows})
    )
    assert len(network.frequencies) == 8_000
    assert "7994 more like this" in warnings[-1].message
