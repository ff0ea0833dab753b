"""What is stored of trackers' credentials, brought to the brokers: our own at once, a Mosquitto as files."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from gps_ingest.broker import PID_FILE, write_access
from gps_ingest.broker_access import LIVE_PREFIX, READER, READER_PASSWORD, SYSTEM, User
from gps_ingest.broker_users import FILE, adopt_plain_users, read_users, topics_of_tracker, tracker_of_topics, write_users
from gps_ingest.decoder import SUBSCRIPTIONS
from gps_ingest.own_secret import make_private_folder, own_secret, write_private
from transit.store.credential_hashes import hash_for_mosquitto
from transit.store.database import Engine, writing
from transit.store.tracker_credentials import Credential, adopt_credential, load_credentials

PASSWORDS, ACL = Path("mosquitto") / "passwords", Path("mosquitto") / "acl"  # below DATA_DIR


def provision(engine: Engine, data_dir: Path, now: datetime) -> bool:
    """Makes the brokers know exactly the credentials that are stored; returns whether our own runs and was told.

    Trackers that stay as they are stay connected. Raises BrokenUsersFile, OSError.
    """
    _adopt_file(engine, data_dir, now)
    with engine.connect() as connection:
        credentials = load_credentials(connection)
    if credentials or (data_dir / FILE).exists():
        write_users(data_dir, [_user_of(credential) for credential in credentials])
        _write_mosquitto_files(data_dir, credentials)
    write_access(data_dir)
    return _tell_broker(data_dir)


def _adopt_file(engine: Engine, data_dir: Path, now: datetime) -> None:
    """Users that only the broker's file knows, those of broker.users of earlier versions, enter the database."""
    adopt_plain_users(data_dir)
    with writing(engine) as connection:
        for user in read_users(data_dir):
            adopt_credential(connection, user.name, tracker_of_topics(user.topics), user.hashed, now=now)


def _user_of(credential: Credential) -> User:
    return User(credential.user, credential.nats_hash, topics_of_tracker(credential.tracker_id))


def _write_mosquitto_files(data_dir: Path, credentials: Sequence[Credential]) -> None:
    """password_file and acl_file of Mosquitto 2, our own processes' user included."""
    lines = [f"{SYSTEM}:{hash_for_mosquitto(own_secret(data_dir, 'password'))}"]
    acl = [f"user {SYSTEM}", *(f"topic readwrite {topic}" for topic in SUBSCRIPTIONS)]
    acl.append(f"topic write {LIVE_PREFIX}/#")
    lines.append(f"{READER}:{hash_for_mosquitto(READER_PASSWORD)}")
    acl += ["", f"user {READER}", f"topic read {LIVE_PREFIX}/#"]
    for credential in credentials:
        if credential.mosquitto_hash is not None:
            lines.append(f"{credential.user}:{credential.mosquitto_hash}")
            acl += [
                "",
                f"user {credential.user}",
                *(f"topic write {topic}" for topic in topics_of_tracker(credential.tracker_id)),
            ]
    make_private_folder((data_dir / PASSWORDS).parent)
    write_private(data_dir / PASSWORDS, "\n".join(lines) + "\n")
    write_private(data_dir / ACL, "\n".join(acl) + "\n")


def _tell_broker(data_dir: Path) -> bool:
    """SIGHUP: nats-server reads its users anew and cuts off those that changed."""
    try:
        pid = int((data_dir / PID_FILE).read_text())
        if "nats-server" not in Path(f"/proc/{pid}/cmdline").read_text():
            return False
        os.kill(pid, signal.SIGHUP)
    except (OSError, ValueError):
        return False
    return True
