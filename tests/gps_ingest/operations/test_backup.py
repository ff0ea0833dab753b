"""A backup is taken from a system at work, and brings back all of it; what it lacks is a number."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import threading
from datetime import timedelta

import pytest

from gps_ingest.ingest.facts import Ingest
from gps_ingest.mqtt import Message
from gps_ingest.operations.backup import (
    BackupFailed,
    _unpack_member,
    backups_in,
    forget_backups,
    make_backup,
    new_key,
    restore,
)
from tests.builders import SEVEN, a_drive, a_network
from tests.transit.store.conftest import database, empty  # noqa: F401 (fixtures: SQLite and PostgreSQL)
from transit.forecasting.forecaster import Forecaster
from transit.store.database import migrate, open_database, writing
from transit.store.learnt import load_learnt, save_learnt
from transit.store.networks import save_network
from transit.store.stop_events import load_stop_events
from transit.store.stored_count import remember, stored_count
from transit.store.tables import metadata
from transit.store.trackers import map_tracker
from transit.store.vehicles import load_states

LATER = SEVEN + timedelta(hours=1)


class Desk:
    """An ingest at work on a database, with the folder beside it."""

    def __init__(self, engine, folder):
        self.engine, self.folder, self.now = engine, folder, SEVEN
        with writing(engine) as connection:
            save_network(connection, a_network(), now=SEVEN, source="test")
            map_tracker(connection, "tracker-BUS1", "BUS1", now=SEVEN)
        self.ingest = Ingest(engine, lambda: self.now)

    def hear(self, reports):
        for report in reports:
            fix = {"latitude": report.lat, "longitude": report.lon, "timestamp": report.reported_at.timestamp()}
            topic = "transbinjai/v1/trackers/tracker-BUS1/position"
            self.now = report.received_at
            self.ingest.take([Message(topic, json.dumps(fix).encode(), report.received_at, 1, 1, 1)])
        remember(self.folder, self.ingest.stored_count, self.now)
        return self

    def learn(self):
        forecaster = Forecaster(a_network())
        with writing(self.engine) as connection:
            events = load_stop_events(connection)
            forecaster.learn([event for _, event in events])
            save_learnt(connection, forecaster.dump(), events[-1][0], now=self.now)
        return self


@pytest.fixture
def desk(database, tmp_path):  # noqa: F811
    folder = tmp_path / "data"
    folder.mkdir()
    return Desk(database, folder)


def everything(engine):
    """Every row of every table."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=repr) for table in metadata.sorted_tables
        }


def test_a_backup_brings_back_every_row_what_was_learnt_and_the_files(desk, tmp_path):
    desk.hear(a_drive(to_m=1800)).learn()
    (desk.folder / "guide").mkdir()
    (desk.folder / "guide" / "places.csv").write_text("place_id\n")
    before = everything(desk.engine)
    assert len(before["reports"]) == 31
    made = make_backup(desk.engine, desk.folder, tmp_path / "backups", LATER)
    assert made.manifest.content.rows["reports"] == len(before["reports"])
    (desk.folder / "guide" / "places.csv").unlink()
    result = restore(desk.engine, desk.folder, made.path, LATER)
    assert everything(desk.engine) == before
    assert (result.lost_reports, result.files, result.aside is None) == (0, 1, False)
    assert (desk.folder / "guide" / "places.csv").read_text() == "place_id\n"
    with desk.engine.connect() as connection:
        blob, _ = load_learnt(connection)
        assert Forecaster(a_network(), blob).remembers
        assert [state.vehicle_id for state in load_states(connection)[1]] == ["BUS1"]
    assert Ingest(desk.engine, lambda: LATER).network.pipeline.states["BUS1"].matched.trip.trip_id == "T1"


def test_what_was_stored_after_the_backup_is_counted_as_lost(desk, tmp_path):
    drive = a_drive(to_m=1800)
    desk.hear(drive[:-7])
    made = make_backup(desk.engine, desk.folder, tmp_path / "backups", LATER)
    desk.hear(drive[-7:])
    result = restore(desk.engine, desk.folder, made.path, LATER)
    assert (result.lost_reports, result.last_stored_at) == (7, drive[-1].received_at)
    assert result.manifest.content.newest_received_at == drive[-8].received_at
    assert restore(desk.engine, desk.folder, made.path, LATER + timedelta(seconds=1)).lost_reports == 0


def test_a_backup_is_consistent_while_reports_come_in(desk, tmp_path):
    drive = a_drive(to_m=1800)
    desk.hear(drive[:5])
    writer = threading.Thread(target=desk.hear, args=(drive[5:],))
    writer.start()
    made = [make_backup(desk.engine, desk.folder, tmp_path / "b", LATER + timedelta(seconds=n)) for n in range(3)]
    writer.join()
    for backup in made:
        restore(desk.engine, desk.folder, backup.path, backup.manifest.made_at)
        rows = everything(desk.engine)
        assert len(rows["reports"]) == backup.manifest.content.rows["reports"]
        with desk.engine.connect() as connection:
            assert stored_count(connection).reports == len(rows["reports"])


def test_the_open_copy_that_a_killed_backup_left_goes_with_the_next_backup(desk, tmp_path):
    desk.hear(a_drive(to_m=600))
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = tmp_path / "backups" / f".backup-x7.{ended.pid}"
    left.mkdir(parents=True)
    (left / "database").write_bytes(b"tracker-BUS1")
    made = make_backup(desk.engine, desk.folder, tmp_path / "backups", LATER, new_key(tmp_path / "my.key"))
    assert list((tmp_path / "backups").iterdir()) == [made.path]


def test_a_backup_with_a_key_is_read_only_by_who_has_the_secret(desk, tmp_path):
    desk.hear(a_drive(to_m=600))
    key = new_key(tmp_path / "my.key")
    assert (tmp_path / "my.key").stat().st_mode & 0o777 == 0o600
    made = make_backup(desk.engine, desk.folder, tmp_path / "backups", LATER, key)
    assert b"tracker-BUS1" not in made.path.read_bytes()
    assert made.path.stat().st_mode & 0o777 == 0o600
    before = everything(desk.engine)
    with pytest.raises(BackupFailed, match="--key"):
        restore(desk.engine, desk.folder, made.path, LATER)
    new_key(tmp_path / "other.key")
    with pytest.raises(BackupFailed, match="as it was"):
        restore(desk.engine, desk.folder, made.path, LATER, tmp_path / "other.key")
    restore(desk.engine, desk.folder, made.path, LATER, tmp_path / "my.key")
    assert everything(desk.engine) == before
    with pytest.raises(BackupFailed, match="exists already"):
        new_key(tmp_path / "my.key")


@pytest.mark.parametrize("cut", [0.3, 0.9, 0.999])
def test_a_backup_that_was_cut_changes_nothing(desk, tmp_path, cut):
    desk.hear(a_drive(to_m=600))
    made = make_backup(desk.engine, desk.folder, tmp_path / "backups", LATER)
    content = made.path.read_bytes()
    made.path.write_bytes(content[: int(len(content) * cut)])
    before = everything(desk.engine)
    with pytest.raises(BackupFailed):
        restore(desk.engine, desk.folder, made.path, LATER)
    assert everything(desk.engine) == before


def test_a_backup_of_a_newer_version_is_refused(desk, tmp_path):
    desk.hear(a_drive(to_m=600))
    with writing(desk.engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    made = make_backup(desk.engine, desk.folder, tmp_path / "backups", LATER)
    with pytest.raises(BackupFailed, match="newer version"):
        restore(desk.engine, desk.folder, made.path, LATER)


@pytest.fixture
def small(tmp_path):
    """A desk on SQLite whose database lies in its DATA_DIR, as it does in a city."""
    engine = open_database(f"sqlite:///{tmp_path / 'data' / 'transit.db'}")
    migrate(engine)
    yield Desk(engine, tmp_path / "data")
    engine.dispose()


def test_an_empty_machine_is_filled(small, tmp_path):
    small.hear(a_drive(to_m=600))
    before = everything(small.engine)
    made = make_backup(small.engine, small.folder, tmp_path / "backups", LATER)
    assert list(made.manifest.sizes) == ["database", "files/ingest.stored"]
    other = open_database(f"sqlite:///{tmp_path / 'new' / 'transit.db'}")
    result = restore(other, tmp_path / "new", made.path, LATER)
    assert (result.aside, result.lost_reports) == (None, None)
    assert everything(other) == before
    other.dispose()


def test_a_broken_database_is_moved_aside_and_the_loss_is_known(small, tmp_path):
    drive = a_drive(to_m=1800)
    small.hear(drive[:-4])
    engine, folder, backups = small.engine, small.folder, tmp_path / "backups"
    made = make_backup(engine, folder, backups, LATER)
    small.hear(drive[-4:])
    engine.dispose()
    (folder / "transit.db").write_bytes(b"\xff" * 40_000)
    with pytest.raises(BackupFailed, match="No backup was made"):
        make_backup(engine, folder, backups, LATER + timedelta(hours=1))
    assert backups_in(backups) == [made.path]
    assert restore(engine, folder, made.path, LATER).lost_reports == 4
    assert (folder / "aside-20261123T010000Z" / "transit.db").stat().st_size == 40_000
    assert len(everything(engine)["reports"]) == len(drive) - 4


def test_old_backups_go_but_never_the_newest(tmp_path):
    for day in (1, 2, 20):
        (tmp_path / f"transbinjai-202611{day:02}T000000Z.tar.zst").touch()
    (tmp_path / "notes.txt").touch()
    gone = forget_backups(tmp_path, SEVEN, keep_days=14)
    assert [path.name[12:20] for path in gone] == ["20261102", "20261101"]
    assert forget_backups(tmp_path, SEVEN + timedelta(days=999), keep_days=14) == []
    assert (tmp_path / "notes.txt").exists()


@pytest.mark.parametrize("name", ["../outside", "/tmp/transbinjai-outside", "a/../../outside"])
def test_a_backup_writes_nothing_outside_of_its_folder(tmp_path, name):
    packed, folder = io.BytesIO(), tmp_path / "folder"
    folder.mkdir()
    with tarfile.open(mode="w", fileobj=packed) as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))
    packed.seek(0)
    with tarfile.open(fileobj=packed) as archive, pytest.raises(BackupFailed, match="is no file of a backup"):
        _unpack_member(archive, archive.next(), folder)
    assert list(tmp_path.iterdir()) == [folder]
