"""The live process: from the database to one snapshot, a second at a time."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

from google.transit import gtfs_realtime_pb2 as pb

from tests.builders import a_drive, a_network, a_report, at
from transit.forecasting.departure_orders import DepartureOrder
from transit.store.database import writing
from transit.store.departure_orders import say, withdraw
from transit.store.learnt import load_learnt, save_learnt
from transit.store.signs_of_life import LIVE_SIGN, read_progress
from web.live.process import Live, run_live
from web.live.snapshot import NAME, SnapshotReader, folder


def test_before_a_network_is_loaded_there_is_an_empty_snapshot(city):
    snapshot = city.step()
    assert snapshot.network_version is None
    assert snapshot.feeds == {}
    assert SnapshotReader(city.folder).read().made_at == city.now


def test_a_bus_that_was_heard_has_predictions_at_the_stops_ahead_only(town):
    snapshot = town.hear(a_drive(to_m=1800)).step()
    assert set(snapshot.predictions) == {"S4", "S5", "S6", "S7", "S8"}
    (row,) = snapshot.predictions_at("S5")
    assert row.vehicle_id == "BUS1"
    assert town.now < row.predicted_at < town.now + timedelta(minutes=5)


def test_a_bus_that_passed_stays_known_for_fifteen_minutes(town):
    town.hear(a_drive(to_m=1800))
    assert [event.stop_id for event in town.step().passed_at("S2")] == ["S2"]
    assert town.step(at(7, 14)).passed_at("S2")
    assert not town.step(at(7, 30)).passed_at("S2")


def test_nothing_is_predicted_from_a_fix_older_than_five_minutes(town):
    town.hear(a_drive(to_m=1800))  # the last fix is of 07:05
    assert town.step(at(7, 9)).predictions
    assert not town.step(at(7, 11)).predictions


def test_a_dispatchers_time_moves_what_is_predicted_until_it_is_withdrawn(town):
    town.hear([a_report((0.0, 0.0), at(6, 52, 30 * n)) for n in range(14)])  # it stands at its first stop
    before = town.step(at(6, 59)).predictions_at("S5")[0].predicted_at
    with writing(town.engine) as connection:
        say(connection, DepartureOrder("BUS1", at(7, 25), at(6, 59)))
    assert town.step(at(6, 59)).predictions_at("S5")[0].predicted_at > before + timedelta(minutes=8)
    with writing(town.engine) as connection:
        withdraw(connection, "BUS1")
    assert abs(town.step(at(6, 59)).predictions_at("S5")[0].predicted_at - before) < timedelta(seconds=30)


def test_a_new_network_is_taken_up_without_a_restart(town):
    first = town.step().network_version
    town.load(a_network(first_departures=(9 * 3600,)))
    second = town.step().network_version
    assert first != second == town.version


def test_what_was_learnt_is_kept_and_no_event_is_learnt_twice(town):
    town.hear(a_drive(to_m=1800)).step()
    town.live.save(town.now)
    with town.engine.connect() as connection:
        _, last_event_id = load_learnt(connection)
    assert last_event_id == town.live.last_event_id > 0
    again = Live(town.engine, town.folder)
    snapshot = again.step(town.now)
    assert again.learnt_events == 0
    assert [event.stop_id for event in snapshot.passed_at("S2")] == ["S2"], "what passed lately is known after a restart"


def test_the_memory_of_the_filter_does_not_travel_to_the_web(town):
    town.hear(a_drive(to_m=1800))
    assert all(state.memory == b"" for state in town.step().all_states())


def test_the_feeds_of_a_snapshot_are_messages(town):
    feeds = town.hear(a_drive(to_m=1800)).step().feeds
    assert sorted(feeds) == ["alerts", "trip_updates", "vehicle_positions"]
    message = pb.FeedMessage.FromString(feeds["trip_updates"])
    assert message.entity[0].trip_update.trip.trip_id == "T1"


def test_run_live_writes_until_it_is_told_to_stop(town):
    town.hear(a_drive(to_m=1800))
    stop = threading.Event()
    thread = threading.Thread(target=run_live, args=(town.engine, town.folder, lambda: town.now, stop))
    thread.start()
    for _ in range(200):
        if (folder(town.folder) / NAME).exists():
            break
        stop.wait(0.05)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    with town.engine.connect() as connection:
        assert load_learnt(connection) is not None


def test_a_snapshot_of_another_format_is_not_guessed_at(town):
    town.step()
    (folder(town.folder) / NAME).write_bytes(b"\x93not one of ours")
    assert SnapshotReader(town.folder).read() is None


def test_what_another_version_of_the_program_learnt_is_learnt_again_from_the_calls(town):
    town.hear(a_drive(to_m=1800)).step()
    assert town.live.learnt_events > 0
    with writing(town.engine) as connection:
        save_learnt(connection, b"of another version", town.live.last_event_id, now=town.now)
    again = Live(town.engine, town.folder)
    again.step(town.now)
    again.step(town.now)
    assert again.learnt_events == town.live.learnt_events


def test_a_database_that_is_away_ends_nothing_and_the_next_step_goes_on(town):
    """What was on its way to the snapshot is in the next one."""
    town.hear(a_drive(to_m=1800)).step()
    path = Path(town.engine.url.database)
    town.engine.dispose()
    path.rename(path.with_suffix(".away"))
    path.mkdir()
    at = town.now + timedelta(seconds=1)
    assert "unable to open" in town.live.try_step(at)
    assert read_progress(town.folder, LIVE_SIGN).database is False
    path.rmdir()
    path.with_suffix(".away").rename(path)
    assert town.live.try_step(at) == ""
    assert SnapshotReader(town.folder).read().made_at == at
    assert read_progress(town.folder, LIVE_SIGN).database is True


def test_a_snapshot_that_cannot_be_written_ends_nothing(town):
    town.hear(a_drive(to_m=1800)).step()
    snapshot = town.folder / "live" / "snapshot.msgpack.zst"
    snapshot.unlink()
    snapshot.mkdir()
    (snapshot / "in it").touch()
    assert "snapshot" in town.live.try_step(town.now + timedelta(seconds=1))
    (snapshot / "in it").unlink()
    snapshot.rmdir()
    assert town.live.try_step(town.now + timedelta(seconds=2)) == ""


def test_a_snapshot_of_which_a_byte_was_changed_is_none(town):
    """What stays packed until somebody asks must not turn out to be damaged on a page."""
    town.hear([a_report()]).step()
    path = folder(town.folder) / NAME
    content = path.read_bytes()
    assert SnapshotReader(town.folder).read() is not None
    for place in range(20, len(content), len(content) // 40):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x15]) + content[place + 1 :])
        assert SnapshotReader(town.folder).read() is None, place
