"""A password that a page gave or took away reaches the broker's files."""

from __future__ import annotations

import pytest

from gps_ingest.broker_users import FILE, read_users
from gps_ingest.operations.credential_watch import CredentialWatch
from tests.builders import at
from transit.store.database import migrate, open_database, writing
from transit.store.tracker_credentials import add_credential, revoke_credential


@pytest.fixture
def engine(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/x.db")
    migrate(engine)
    return engine


def test_passwords_that_change_are_written_for_the_broker_once(engine, tmp_path):
    watch = CredentialWatch(engine, tmp_path, lambda: at(7))
    assert not watch.look()
    assert not (tmp_path / FILE).exists()
    with writing(engine) as connection:
        add_credential(connection, "box", now=at(7))
    assert watch.look()
    assert [user.name for user in read_users(tmp_path)] == ["box"]
    assert not watch.look()
    with writing(engine) as connection:
        revoke_credential(connection, "box", now=at(8))
    assert watch.look()
    assert read_users(tmp_path) == []


def test_what_cannot_be_written_is_tried_again(engine, tmp_path):
    watch = CredentialWatch(engine, tmp_path, lambda: at(7))
    with writing(engine) as connection:
        add_credential(connection, "box", now=at(7))
    (tmp_path / "broker").write_text("a file where a folder must be")
    assert not watch.look()
    (tmp_path / "broker").unlink()
    assert watch.look()
