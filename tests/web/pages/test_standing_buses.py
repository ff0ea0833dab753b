"""A bus that does not come on: riders read since when it stands, feeds say nothing of the stops ahead, operators are told."""

from __future__ import annotations

from datetime import timedelta

from google.transit import gtfs_realtime_pb2 as pb

from tests.builders import a_drive, a_network, a_report, at, every
from transit.operations.troubles import TroubleKind
from web.words.troubles import sentence

NO_DATA = pb.TripUpdate.StopTimeUpdate.NO_DATA


def stand(town, minutes: int):
    """Drives to 1400 m of T1 (on time) and stands there for so many minutes."""
    drive = a_drive(to_m=1400.0)
    last = drive[-1].reported_at
    stands = [a_report((1380.0, 0.0), last + timedelta(seconds=20 * n)) for n in range(1, 3 * minutes + 1)]
    town.hear([*drive, *stands])
    town.step(stands[-1].received_at)
    return town


def rows_at(town, stop_id="S5"):
    rows = town.client().get(f"/api/v1/stops/{stop_id}/arrivals").json["arrivals"]
    return [row for row in rows if row["vehicle_id"] == "BUS1"]


def test_a_bus_that_stands_for_a_usual_time_keeps_its_minutes(town):
    (row,) = rows_at(stand(town, 2))
    assert row["status"] == "live"
    assert row["at"]
    assert row["standing_since"] is None


def test_a_bus_that_does_not_come_on_has_no_minutes_but_the_time_since_when_it_stands(town):
    (row,) = rows_at(stand(town, 12))
    assert (row["status"], row["at"], row["standing_stop_id"]) == ("standing", None, "S3")
    assert row["standing_since"].startswith("2026-11-23T07:03")
    client = town.client()
    assert "berhenti sejak 07.03 di dekat Halte S3" in client.get("/halte/S5?lang=id").text
    assert "standing since 07:03 near Halte S3" in client.get("/halte/S5?lang=en").text
    assert "sejak 07.03" in client.get("/t/S5?lang=id").text


def test_feeds_say_nothing_of_the_stops_ahead_while_the_position_stays(town):
    snapshot = stand(town, 12).live.step(town.now)
    updates = pb.FeedMessage.FromString(snapshot.feeds["trip_updates"]).entity
    (update,) = [entity.trip_update for entity in updates if entity.trip_update.vehicle.id == "BUS1"]
    assert {stop.schedule_relationship for stop in update.stop_time_update} == {NO_DATA}
    assert not any(stop.HasField("arrival") or stop.HasField("departure") for stop in update.stop_time_update)
    positions = pb.FeedMessage.FromString(snapshot.feeds["vehicle_positions"]).entity
    assert [entity.vehicle.vehicle.id for entity in positions] == ["BUS1"]


def test_a_bus_that_goes_on_has_minutes_at_the_next_look(town):
    stand(town, 12)
    begun = town.now
    on = [a_report((1380.0 + 60.0 * n, 0.0), begun + timedelta(seconds=10 * n)) for n in range(1, 5)]
    town.hear(on).step(on[-1].received_at)
    (row,) = rows_at(town)
    assert row["status"] == "live"
    assert row["at"]


def test_half_an_hour_later_it_is_parked_off_the_boards_and_told(town):
    stand(town, 50)
    assert rows_at(town) == []
    assert town.client().get("/api/v1/vehicles").json["vehicles"] == []
    (parked,) = [one for one in town.live.troubles if one.kind is TroubleKind.PARKED]
    assert "BUS1 has not moved since" in sentence(parked, "en", "Asia/Jakarta", town.now)
    assert "BUS1 tidak bergerak sejak" in sentence(parked, "id", "Asia/Jakarta", town.now)
    town.step(town.now + timedelta(seconds=20))  # what lasts is told
    assert "BUS1 tidak bergerak sejak" in town.client().get("/armada?lang=id").text
    assert town.pipeline.states["BUS1"].matched.trip.trip_id == "T1"


def test_three_that_stand_together_are_a_jam_and_never_parked(town):
    town.load(a_network(headway=every(10)))
    reports = []
    for n in (1, 2, 3):
        drive = a_drive(start=at(7, n), to_m=1380.0 + 30.0 * n, vehicle_id=f"BUS{n}")
        last = drive[-1].reported_at
        stays = (last + timedelta(seconds=20 * m) for m in range(1, 150))
        reports += [*drive, *(a_report((1370.0 + 30.0 * n, 0.0), when, vehicle_id=f"BUS{n}") for when in stays)]
    town.hear(sorted(reports, key=lambda report: report.reported_at))
    town.step(max(report.received_at for report in reports))
    assert {(one.vehicle_id, one.in_jam, one.is_parked) for one in town.live.standing} == {
        (f"BUS{n}", True, False) for n in (1, 2, 3)
    }
    rows = [row for row in town.client().get("/api/v1/stops/S5/arrivals").json["arrivals"] if row["vehicle_id"]]
    assert [(row["status"], row["in_jam"]) for row in rows] == [("standing", True)] * 3
