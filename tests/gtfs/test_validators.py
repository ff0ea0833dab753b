"""What independent validators say of our files and feeds; and that they do say something where something is wrong."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from google.transit.gtfs_realtime_pb2 import TripDescriptor

from gtfs.reader import read_network
from gtfs.realtime import FeedMessage, alerts, trip_updates, vehicle_positions
from gtfs.validate import Severity, has_errors, validate_feed
from gtfs.writer import write_network
from tests.builders import LOOP, MONDAY, STRAIGHT, a_network, a_report, a_trip_instance, along, at, every, length_of
from tests.conftest import HOUSE
from tests.gtfs.rt_gate import Gate, Messages, gate_for
from transit.arrivals.alerts import Alert, InformedEntity
from transit.forecasting.prediction import Prediction, Tier
from transit.plan.network import Network, TripInstance
from transit.tracking.state import MatchedPosition, VehicleState, VehicleStatus

BINJAI = HOUSE / "data" / "binjai"
SPEED_MPS = 6.0  # of the cast's buses and of the builders' timetable
OLD_PERIOD = {"S025"}  # an alert's active_period is deprecated, but the only one that consumers know today
SILENT_BUS = {"W003"}  # a bus whose fix is 90 to 300 s old is in the updates only: that is our rule

# --- static -------------------------------------------------------------------------------------------------------------


def canonical_errors(packed: bytes, folder: Path) -> set[str]:
    """The second validator (pure Python): the codes of its errors."""
    feed = folder / "feed.zip"
    feed.write_bytes(packed)
    arguments = ["-i", str(feed), "-o", str(folder / "report"), "-d", MONDAY.isoformat()]
    subprocess.run([str(Path(sys.executable).with_name("gtfs-validator")), *arguments], check=True, capture_output=True)
    notices = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))["notices"]
    return {notice["code"] for notice in notices if notice["severity"] == "ERROR"}


@pytest.mark.parametrize("network", [a_network(), a_network(LOOP, headway=every(10))])
def test_what_we_write_has_no_error(network: Network, tmp_path: Path) -> None:
    packed = write_network(network)
    found = validate_feed(packed, on=MONDAY)
    assert not [finding for finding in found if finding.severity is Severity.ERROR]
    assert canonical_errors(packed, tmp_path) == set()


def test_the_sample_network_has_no_error_and_one_known_warning(tmp_path: Path) -> None:
    packed = write_network(read_network(BINJAI))
    found = validate_feed(packed, on=MONDAY, country_code="ID")
    serious = {finding.code for finding in found if finding.severity is not Severity.INFO}
    assert serious == {"missing_feed_contact_email_and_url"}, "we know of no address, and invent none"
    assert canonical_errors(packed, tmp_path) == set()


def spoilt(packed: bytes, name: str, old: str, new: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.namelist():
            text = source.read(entry).decode()
            assert entry != name or old in text
            target.writestr(entry, text.replace(old, new, 1) if entry == name else text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("stop_times.txt", "T1,S1", "T1,S99", "WARNING tolerated"),
        ("stop_times.txt", "07:01:23", "06:01:23", "WARNING tolerated"),
        ("routes.txt", "0057B8", "biru", "WARNING tolerated"),
        ("trips.txt", "T2,R1", "T1,R1", "WARNING tolerated"),
        ("agency.txt", "Asia/Jakarta", "Asia/Binjai", "ERROR refused"),
        ("calendar.txt", "20261231", "20261331", "ERROR refused"),
        ("stops.txt", "S2,", "S1,", "WARNING tolerated"),
    ],
)
def test_a_planted_error_is_seen_by_both_validators_and_by_our_reader(
    name: str, old: str, new: str, code: str, tmp_path: Path
) -> None:
    bad = spoilt(write_network(a_network()), name, old, new)
    found = validate_feed(bad, on=MONDAY)
    assert has_errors(found)
    assert any(finding.severity is Severity.ERROR and finding.code not in ("refused", "tolerated") for finding in found)
    assert any(str(finding).startswith(f"{code} {name} line") for finding in found)
    assert canonical_errors(bad, tmp_path)


def test_what_is_plain_untidy_is_a_warning_and_no_error() -> None:
    calendar = "calendar.txt"
    untidy = spoilt(write_network(a_network()), calendar, "\r\n", "\r\nN,0,0,0,0,0,0,0,20260101,20261231\r\n")
    assert not has_errors(validate_feed(untidy, on=MONDAY))


def test_a_folder_is_validated_like_its_zip() -> None:
    assert not has_errors(validate_feed(BINJAI, on=MONDAY))


def test_what_is_no_feed_at_all_is_an_error_and_no_traceback() -> None:
    assert has_errors(validate_feed(b"nonsense", on=MONDAY))


def test_a_feed_that_expired_is_warned_of() -> None:
    found = validate_feed(write_network(a_network()), on=date(2030, 1, 1))
    assert "expired_calendar" in {finding.code for finding in found if finding.severity is Severity.WARNING}


# --- live ---------------------------------------------------------------------------------------------------------------

Line = list[tuple[float, float]]  # metres east and north
Bus = tuple[str, TripInstance, datetime]  # vehicle, its trip, when it left


def seen(bus: Bus, line: Line, network: Network, now: datetime, age_s: float) -> tuple[VehicleState, list[Prediction]]:
    """A bus at a steady speed as the engine would tell it, from a fix so old."""
    vehicle_id, trip, left = bus
    fix = now - timedelta(seconds=age_s)
    metres = (fix - left).total_seconds() * SPEED_MPS
    calls = network.trip(trip.trip_id).stop_times
    total = length_of(line)
    marks = [total * n / (len(calls) - 1) for n in range(len(calls))]
    ahead = [n for n, mark in enumerate(marks) if mark > metres or (n == 0 and metres <= 0)]
    waits = metres <= 0
    report = a_report(along(line, max(metres, 0.0)), fix, vehicle_id=vehicle_id, bearing=10.0, speed_mps=SPEED_MPS)
    matched = MatchedPosition(fix, VehicleStatus.LAYOVER if waits else VehicleStatus.ON_TRIP, trip, max(metres, 0.0), 3.0)
    state = VehicleState(vehicle_id, report, matched, next_stop_sequence=calls[ahead[0]].stop_sequence if ahead else None)
    tier = Tier.AT_TERMINAL if waits else Tier.LIVE
    told = []
    for n in ahead:
        when = left + timedelta(seconds=marks[n] / SPEED_MPS)
        half = timedelta(seconds=20 + n * 5)
        call = calls[n]
        told.append(
            Prediction(
                vehicle_id, trip, call.stop_id, call.stop_sequence, now, fix, when, when - half, when + half, tier, n == 0
            )
        )
    return state, told


def tick(network: Network, line: Line, buses: Iterable[tuple[Bus, float]], now: datetime) -> tuple[datetime, Messages]:
    seen_now = [seen(bus, line, network, now, age_s) for bus, age_s in buses]
    states = [state for state, _ in seen_now]
    told = [row for _, rows in seen_now for row in rows]
    alert = Alert("a1", {"id": "Jalan ditutup"}, (InformedEntity(route_id="R1"),), at(6))
    return now, {
        "tu": trip_updates(network, told, states, now),
        "vp": vehicle_positions(network, states, now),
        "sa": alerts(network, [alert], now),
    }


LOOP_NETWORK = a_network(LOOP, headway=every(4))


def headway_run(minute: int) -> TripInstance:
    return a_trip_instance("T1", 7 * 3600 + minute * 60)


LOOP_BUSES: list[tuple[Bus, float]] = [
    (("BUS1", headway_run(0), at(7, 0)), 3.0),
    (("BUS2", headway_run(4), at(7, 4)), 20.0),
    (("BUS3", headway_run(2), at(7, 2)), 200.0),  # silent for a while: in the updates only
    (("BUS4", headway_run(13), at(7, 13)), 2.0),  # waits at the terminal until 07:13
]


@pytest.fixture(scope="module")
def loop_gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return gate_for(LOOP_NETWORK, tmp_path_factory.mktemp("loop"))


@pytest.fixture(scope="module")
def plain_gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return gate_for(a_network(first_departures=(7 * 3600, 7 * 3600 + 240)), tmp_path_factory.mktemp("plain"))


def test_headway_based_buses_on_a_loop_pass_over_several_ticks(loop_gate: Gate) -> None:
    """Four buses on one trip_id, of which one is silent and one waits."""
    ticks = [tick(LOOP_NETWORK, LOOP, LOOP_BUSES, at(7, 9) + timedelta(seconds=10 * n)) for n in range(8)]
    assert all(len(messages["tu"].entity) == 4 and len(messages["vp"].entity) == 3 for _, messages in ticks)
    assert set(loop_gate.findings(ticks)) <= OLD_PERIOD | SILENT_BUS


def test_timetabled_buses_pass_over_several_ticks(plain_gate: Gate) -> None:
    buses: list[tuple[Bus, float]] = [
        (("BUS1", a_trip_instance("T1"), at(7, 0)), 5.0),
        (("BUS2", a_trip_instance("T2"), at(7, 4)), 40.0),
    ]
    ticks = [tick(plain_gate.network, STRAIGHT, buses, at(7, 5) + timedelta(seconds=20 * n)) for n in range(8)]
    assert set(plain_gate.findings(ticks)) <= OLD_PERIOD


def _two_times_turned_round(messages: Messages) -> None:
    stops = messages["tu"].entity[-1].trip_update.stop_time_update
    stops[0].arrival.time, stops[1].arrival.time = stops[1].arrival.time, stops[0].arrival.time


def _an_unknown_stop(messages: Messages) -> None:
    messages["tu"].entity[0].trip_update.stop_time_update[0].stop_id = "S99"


def _no_sequence_on_a_loop(messages: Messages) -> None:
    messages["tu"].entity[-1].trip_update.stop_time_update[0].ClearField("stop_sequence")


def _no_start_time(messages: Messages) -> None:
    messages["tu"].entity[0].trip_update.trip.ClearField("start_time")


def _scheduled_although_headway_based(messages: Messages) -> None:
    messages["tu"].entity[0].trip_update.trip.schedule_relationship = TripDescriptor.SCHEDULED


def _a_header_older_than_a_fix(messages: Messages) -> None:
    messages["vp"].header.timestamp -= 60


def _one_vehicle_twice(messages: Messages) -> None:
    messages["vp"].entity.add(id="again").vehicle.CopyFrom(messages["vp"].entity[0].vehicle)


def _far_from_the_shape(messages: Messages) -> None:
    messages["vp"].entity[0].vehicle.position.longitude += 0.0045


def _another_trip_in_each_feed(messages: Messages) -> None:
    messages["vp"].entity[-1].vehicle.vehicle.id = "BUS9"


def _no_service_on_that_day(messages: Messages) -> None:
    messages["tu"].entity[0].trip_update.trip.start_date = "20270101"


def _no_position(messages: Messages) -> None:
    messages["vp"].entity[0].vehicle.ClearField("position")


@pytest.mark.parametrize(
    ("plant", "rule"),
    [
        (_two_times_turned_round, "E022"),
        (_an_unknown_stop, "E011"),
        (_no_sequence_on_a_loop, "E009"),
        (_no_start_time, "E006"),
        (_scheduled_although_headway_based, "E013"),
        (_a_header_older_than_a_fix, "E012"),
        (_one_vehicle_twice, "E052"),
        (_far_from_the_shape, "E029"),
        (_another_trip_in_each_feed, "E047"),
        (_no_service_on_that_day, "no service on start_date"),
        (_no_position, "vehicle without position"),
    ],
)
def test_a_planted_error_in_a_live_feed_is_seen(plant: Callable[[Messages], None], rule: str, loop_gate: Gate) -> None:
    now, messages = tick(LOOP_NETWORK, LOOP, LOOP_BUSES, at(7, 10))
    copies: dict[str, FeedMessage] = {}
    for role, message in messages.items():
        copies[role] = FeedMessage()
        copies[role].CopyFrom(message)
    plant(copies)
    assert rule in loop_gate.findings([(now, copies)])
    assert rule not in loop_gate.findings([(now, messages)])
