"""A recording through the pipeline: the same rows give the same bytes, and what may not be seen changes none of them."""

from __future__ import annotations

import gzip
import io
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from gps_ingest.recordings.replay import ReplaySummary, open_output, open_recording, quote, read_recording, replay, seconds_text
from tests.builders import LOOP, SEVEN, STRAIGHT, Way, a_city, a_drive, a_network, a_report, at, every
from transit.plan.network import Network
from transit.tracking.report import AvlReport

HOUR = 3600
Row = dict[str, str]


def a_row(report: AvlReport, **labels: str) -> Row:
    return {
        "vehicle_id": report.vehicle_id,
        "timestamp": report.reported_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lat": f"{report.lat:.6f}",
        "lon": f"{report.lon:.6f}",
        "speed_mps": "",
        "bearing": "",
        "trip_id": "",
        "route_id": "",
        **labels,
    }


def two_buses() -> tuple[Network, list[Row]]:
    """Two routes that leave the same place; each bus carries the labels of its trip."""
    times = tuple(7 * HOUR + 1200 * n for n in range(3))
    north = [(0.0, 0.0), (0.0, 4000.0)]
    network = a_city(Way("R1", STRAIGHT, times), Way("R2", north, times))
    rows = [a_row(one, trip_id="R1a1", route_id="R1", block_id="B1", actual_phase="IN_PROGRESS") for one in a_drive()]
    second = a_drive(north, SEVEN + timedelta(seconds=5), vehicle_id="BUS2")
    rows += [a_row(one, trip_id="R2a1", route_id="R2", block_id="B2", actual_phase="DEADHEAD") for one in second]
    return network, sorted(rows, key=lambda row: (row["timestamp"], row["vehicle_id"]))


def replayed(network: Network, rows: Iterable[Row], **how: object) -> tuple[str, str, ReplaySummary]:
    predictions, matches = io.StringIO(), io.StringIO()
    summary = replay(network, rows, predictions_out=predictions, matches_out=matches, **how)  # type: ignore[arg-type]
    return predictions.getvalue(), matches.getvalue(), summary


def table(text: str) -> list[Row]:
    head, *lines = text.splitlines()
    return [dict(zip(head.split(","), line.split(","), strict=True)) for line in lines]


def test_the_columns_are_those_that_were_agreed() -> None:
    predictions, matches, _ = replayed(a_network(), [])
    assert predictions == (
        "made_at,vehicle_id,trip_id,start_date,start_time,stop_id,stop_sequence,predicted_at,low_at,high_at\n"
    )
    assert matches == (
        "reported_at,vehicle_id,trip_id,start_date,start_time,direction_id,shape_dist_traveled,offset_m,status\n"
    )


@pytest.mark.parametrize("assignment", ["trip", "route", "none"])
def test_the_same_rows_give_the_same_bytes(assignment: str) -> None:
    network, rows = two_buses()
    assert replayed(network, rows, assignment=assignment)[:2] == replayed(network, rows, assignment=assignment)[:2]


def test_a_report_that_stands_twice_in_a_recording_has_one_row_and_is_counted() -> None:
    network, rows = two_buses()
    once, twice = replayed(network, rows), replayed(network, [row for row in rows for _ in range(2)])
    assert twice[:2] == once[:2]
    assert twice[2].counts["duplicate"] == len(rows)


def test_each_report_has_a_row_in_order_of_time_and_vehicle() -> None:
    network, rows = two_buses()
    matches = table(replayed(network, rows)[1])
    keys = [(float(one["reported_at"]), one["vehicle_id"]) for one in matches]
    assert keys == sorted(keys)
    assert len(keys) == len(rows)
    assert {one["status"] for one in matches} <= {"on_trip", "layover", "deadhead", "off_route", "unassigned"}


def test_a_row_on_a_trip_says_which_and_where() -> None:
    network, rows = two_buses()
    middle = table(replayed(network, rows)[1])[60]
    assert (middle["trip_id"], middle["start_date"], middle["start_time"]) == ("R1a1", "20261123", "")
    assert (middle["direction_id"], middle["status"]) == ("0", "on_trip")
    assert float(middle["shape_dist_traveled"]) == pytest.approx(1800.0, abs=30.0)
    assert float(middle["offset_m"]) < 5.0


def test_a_headway_based_trip_has_its_start_time() -> None:
    rows = [a_row(one) for one in a_drive(LOOP)]
    matches = table(replayed(a_network(LOOP, 250.0, headway=every(10)), rows, assignment="none")[1])
    assert {one["start_time"] for one in matches if one["status"] == "on_trip"} == {"07:00:00"}


@pytest.mark.parametrize("assignment", ["route", "none"])
def test_what_may_not_be_seen_changes_no_byte(assignment: str) -> None:
    network, rows = two_buses()
    rng = Random(1)
    scrambled = []
    for row in rows:
        changed = {
            **row,
            "trip_id": rng.choice(["R1a1", "R1a2", "R2a3", "nonsense", ""]),
            "block_id": rng.choice(["B1", "B9", ""]),
            "actual_phase": rng.choice(["IN_PROGRESS", "AT_BASE", "LAYOVER_DURING", ""]),
            "truth": str(rng.random()),
        }
        if assignment == "none":
            changed["route_id"] = rng.choice(["R1", "R2", "R9", ""])
        scrambled.append(changed)
    assert replayed(network, rows, assignment=assignment)[:2] == replayed(network, scrambled, assignment=assignment)[:2]


def test_phase_and_block_are_never_seen_even_with_the_trip() -> None:
    network, rows = two_buses()
    bare = [{key: value for key, value in row.items() if key not in ("block_id", "actual_phase")} for row in rows]
    assert replayed(network, rows)[:2] == replayed(network, bare)[:2]


def test_a_label_that_may_be_seen_does_change_something() -> None:
    network, rows = two_buses()
    wrong = [{**row, "trip_id": "R1a2"} if row["vehicle_id"] == "BUS1" else row for row in rows]
    assert replayed(network, rows)[1] != replayed(network, wrong)[1]


def test_another_word_than_trip_route_or_none_is_refused() -> None:
    with pytest.raises(ValueError, match="route"):
        replayed(a_network(), [], assignment="everything")


def test_from_and_to_bound_what_is_written_and_nothing_else() -> None:
    network, rows = two_buses()
    since, until = at(7, 4), at(7, 8)
    whole, part = replayed(network, rows), replayed(network, rows, since=since, until=until)

    def within(text: str, name: str) -> list[Row]:
        return [one for one in table(text) if since.timestamp() <= float(one[name]) < until.timestamp()]

    assert table(part[0]) == within(whole[0], "made_at")
    assert table(part[1]) == within(whole[1], "reported_at")
    assert table(part[0])
    assert part[2].reports == whole[2].reports


def three_days() -> tuple[Network, list[Row]]:
    network = a_network()
    rows = []
    for day in range(3):
        speed = 6.0 if day == 0 else 4.0  # slow from the second day on
        rows += [a_row(one, trip_id="T1", route_id="R1") for one in a_drive(start=SEVEN + timedelta(days=day), speed_mps=speed)]
    return network, rows


def days_of_waits() -> tuple[Network, list[Row]]:
    """By headway; each quarter of an hour a bus leaves that has stood at its first stop for some minutes."""
    network, rows = a_network(headway=every(15)), []
    for day in range(4):
        for n in range(9):
            leaves, bus = SEVEN + timedelta(days=day, minutes=15 * n), f"B{day}{n}"
            stood = range(9 + 3 * (n % 3), 0, -1)
            stands = [a_report((0.0, 0.0), leaves - timedelta(seconds=20 * s), vehicle_id=bus) for s in stood]
            drives = a_drive(start=leaves, vehicle_id=bus, to_m=1500.0)
            rows += [a_row(one, trip_id="T1", route_id="R1") for one in (*stands, *drives)]
    return network, sorted(rows, key=lambda row: (row["timestamp"], row["vehicle_id"]))


@pytest.mark.parametrize("recorded", [three_days, days_of_waits])
def test_what_comes_later_changes_nothing_that_was_said_before(recorded: Callable[[], tuple[Network, list[Row]]]) -> None:
    network, rows = recorded()
    until = SEVEN + timedelta(days=(1 if recorded is three_days else 3), minutes=(5 if recorded is three_days else 58))
    known = [row for row in rows if row["timestamp"] < until.strftime("%Y-%m-%dT%H:%M:%SZ")]
    rng = Random(2)
    places = [(row["lat"], row["lon"]) for row in rows[len(known) :]]
    rng.shuffle(places)
    shuffled = [{**row, "lat": lat, "lon": lon} for row, (lat, lon) in zip(rows[len(known) :], places, strict=True)]
    said = replayed(network, rows, until=until)[:2]
    assert said[0].count("\n") > 50
    assert said == replayed(network, known + shuffled, until=until)[:2]


@pytest.mark.parametrize("text", ["1764012342359", "1764012342.359", "2025-11-24T19:25:42.359Z", "2025-11-24T19:25:42.359"])
def test_times_are_iso_or_unix_seconds_or_milliseconds(text: str) -> None:
    row = {**a_row(a_report((0.0, 0.0), SEVEN)), "timestamp": text}
    (read,) = read_recording([row], Counter())
    assert read.t == pytest.approx(1764012342.359)


def test_after_learn_until_nothing_is_learnt_any_more() -> None:
    network, rows = three_days()
    last = SEVEN + timedelta(days=2)
    learning = replayed(network, rows, since=last)[0]
    frozen = replayed(network, rows, since=last, learn_until=SEVEN)[0]
    assert learning != frozen
    assert frozen == replayed(network, rows, since=last, learn_until=SEVEN - timedelta(days=9))[0]


def test_predictions_are_made_at_multiples_of_every_up_to_five_minutes_after_the_last_fix() -> None:
    network = a_network()
    rows = [a_row(one, trip_id="T1", route_id="R1") for one in a_drive(to_m=2000.0)]
    predictions = table(replayed(network, rows, every_s=30)[0])
    made = sorted({int(one["made_at"]) for one in predictions})
    assert all(moment % 30 == 0 for moment in made)
    assert made == list(range(made[0], made[-1] + 1, 30))
    last = max(datetime.fromisoformat(row["timestamp"]).timestamp() for row in rows)
    assert last + 270 <= made[-1] <= last + 300


def test_a_prediction_is_for_a_stop_ahead_within_half_an_hour_and_its_interval_holds_it() -> None:
    network, rows = two_buses()
    predictions = table(replayed(network, rows)[0])
    assert predictions
    for one in predictions:
        assert 0 <= float(one["predicted_at"]) - int(one["made_at"]) <= 1800.0
        assert float(one["low_at"]) <= float(one["predicted_at"]) <= float(one["high_at"])
    keys = [(int(o["made_at"]), o["vehicle_id"], o["trip_id"], int(o["stop_sequence"])) for o in predictions]
    assert keys == sorted(keys)
    assert len(keys) == len(set(keys))


def test_rows_out_of_order_are_driven_in_the_order_of_their_times() -> None:
    network, rows = two_buses()
    shuffled = rows.copy()
    Random(3).shuffle(shuffled)
    assert replayed(network, shuffled)[1] == replayed(network, rows)[1]


@pytest.mark.parametrize(
    ("changes", "status", "counted"),
    [
        ({"lat": ""}, "rejected:malformed", "malformed"),
        ({"lat": "NaN"}, "rejected:malformed", "malformed"),
        ({"lon": "1e999"}, "rejected:malformed", "malformed"),
        ({"lat": "0", "lon": "0"}, "rejected:null_island", "null_island"),
        ({"lat": "12.5"}, "rejected:out_of_area", "out_of_area"),
        ({"lat": "91"}, "rejected:out_of_range", "out_of_range"),
    ],
    ids=str,
)
def test_a_row_that_cannot_be_used_is_refused_by_name_in_its_own_row(changes: Row, status: str, counted: str) -> None:
    network, rows = two_buses()
    rows[40] = {**rows[40], **changes}
    _, matches, summary = replayed(network, rows)
    assert [one["status"] for one in table(matches)].count(status) == 1
    assert summary.counts[counted] == 1
    assert len(table(matches)) == len(rows)


@pytest.mark.parametrize("changes", [{"timestamp": "yesterday"}, {"timestamp": ""}, {"vehicle_id": " "}, {"timestamp": "1e30"}])
def test_a_row_without_a_time_or_a_vehicle_is_counted_and_no_more(changes: Row) -> None:
    _, matches, summary = replayed(a_network(), [{**a_row(a_report()), **changes}])
    assert summary.counts == {"unreadable": 1}
    assert table(matches) == []


def test_a_label_that_the_network_does_not_know_is_counted_and_says_nothing() -> None:
    rows = [a_row(one, trip_id="gone", route_id="R1") for one in a_drive(to_m=1200.0)]
    _, matches, summary = replayed(a_network(), rows)
    assert summary.counts["unknown_label"] == len(rows)
    assert table(matches)[-1]["trip_id"] == "T1"


@pytest.mark.parametrize("assignment", ["trip", "route"])
def test_a_route_that_the_network_does_not_know_is_counted(assignment: str) -> None:
    rows = [a_row(one, trip_id="T1", route_id="gone") for one in a_drive(to_m=1200.0)]
    _, _, summary = replayed(a_network(), rows, assignment=assignment)
    assert summary.counts == {"unknown_route": len(rows)}


TIMES = ["2026-11-23T00:00:00", "2026-11-23T00:00:00+00:00", "2026-11-23T07:00:00+07:00", "1795392000"]


@pytest.mark.parametrize("text", TIMES)
def test_times_are_utc_unless_they_say_otherwise(text: str) -> None:
    _, matches, _ = replayed(a_network(), [{**a_row(a_report()), "timestamp": text}])
    assert table(matches)[0]["reported_at"] == f"{SEVEN.timestamp():.0f}"


@pytest.mark.parametrize(("value", "text"), [(1.0, "1"), (1.04, "1"), (1.16, "1.2"), (1795392000.5, "1795392000.5")])
def test_seconds_have_one_decimal_at_most(value: float, text: str) -> None:
    assert seconds_text(value) == text


def test_names_with_commas_and_quotes_are_quoted() -> None:
    assert quote('BK 1, "tua"') == '"BK 1, ""tua"""'
    assert quote("BK 1") == "BK 1"


def test_a_unix_time_may_count_milliseconds() -> None:
    _, matches, _ = replayed(a_network(), [{**a_row(a_report()), "timestamp": f"{SEVEN.timestamp() * 1000:.0f}"}])
    assert table(matches)[0]["reported_at"] == f"{SEVEN.timestamp():.0f}"


def test_blanks_around_a_label_are_no_part_of_it() -> None:
    network, rows = two_buses()
    padded = [{**row, "trip_id": f" {row['trip_id']} ", "route_id": f"{row['route_id']} "} for row in rows]
    assert replayed(network, padded)[1] == replayed(network, rows)[1]


def test_a_file_that_ends_in_gz_has_no_time_and_no_name_inside(tmp_path: Path) -> None:
    for name in ("a.csv.gz", "b.csv.gz"):
        with open_output(tmp_path / name) as out:
            out.write("x,y\n1,2\n")
    first = (tmp_path / "a.csv.gz").read_bytes()
    assert first == (tmp_path / "b.csv.gz").read_bytes()
    assert gzip.decompress(first) == b"x,y\n1,2\n"
    assert first[4:8] == b"\0\0\0\0"


@pytest.mark.parametrize("name", ["r.csv", "r.csv.gz"])
def test_a_recording_is_read_plain_or_compressed(tmp_path: Path, name: str) -> None:
    with open_output(tmp_path / name) as out:
        out.write("vehicle_id,lat\nBUS1,3.6\n")
    with open_recording(tmp_path / name) as rows:
        assert list(rows) == [{"vehicle_id": "BUS1", "lat": "3.6"}]


def test_progress_is_told_while_it_works() -> None:
    told: list[tuple[int, datetime]] = []
    rows = [a_row(a_report(when=SEVEN + timedelta(seconds=n))) for n in range(5001)]
    replay(a_network(), rows, matches_out=io.StringIO(), progress=lambda count, when: told.append((count, when)))
    assert [count for count, _ in told] == [5000]
