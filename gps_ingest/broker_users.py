"""The users of the embedded broker as it is told of them: a file of names, hashes and topics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from gps_ingest.broker_access import User
from gps_ingest.own_secret import make_private_folder, write_private
from transit.store.credential_hashes import hash_for_nats

FILE = Path("broker") / "users.json"  # below DATA_DIR; while it exists, the broker lets nobody in without a password
TRACCAR = "traccar"  # the first level of the topics of Traccar servers
PLAIN_FILE = "broker.users"  # of earlier versions: lines "user:password"


class BrokenUsersFile(ValueError):
    """A file of users cannot be read; the message names it, and the line."""


def is_closed(data_dir: Path) -> bool:
    """Whether trackers have credentials: from the first one on nobody reports without, even when the last is revoked."""
    return (data_dir / FILE).exists() or bool(read_plain_users(data_dir))


def read_users(data_dir: Path) -> list[User]:
    """Raises BrokenUsersFile."""
    path = data_dir / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[User]) if path.exists() else []
    except msgspec.DecodeError as error:
        raise BrokenUsersFile(f"{path} cannot be read ({error}); python app.py trackers list writes it anew") from None


def write_users(data_dir: Path, users: Sequence[User]) -> None:
    make_private_folder((data_dir / FILE).parent)
    write_private(data_dir / FILE, msgspec.json.encode(users).decode())


def topics_of_tracker(tracker_id: str) -> tuple[str, ...]:
    """Where a tracker may publish: an OwnTracks phone "user/device" on its topic, any other on those of its name.

    "operator/vehicle" may speak HFP, too; "traccar/server" is a server that forwards what many devices told it.
    """
    if tracker_id.startswith(f"{TRACCAR}/"):
        return (tracker_id,)
    if "/" in tracker_id:
        return (f"owntracks/{tracker_id}", f"/hfp/v2/+/+/vp/+/{tracker_id}/" + "/".join("+" * 11))
    own = f"transbinjai/v1/trackers/{tracker_id}"
    return (f"{own}/position", f"{own}/status", f"owntracks/{tracker_id}/+")


def tracker_of_topics(topics: Sequence[str]) -> str:
    """The tracker to which topics_of_tracker gave these."""
    first = topics[0].split("/")
    if first[0] == TRACCAR:
        return topics[0]
    return "/".join(first[1:]) if first[0] == "owntracks" else first[3]


def adopt_plain_users(data_dir: Path) -> list[User]:
    """Takes over the users of broker.users, with their passwords as hashes, and removes that file; returns them.

    Raises BrokenUsersFile, and then nothing is changed."""
    plain = read_plain_users(data_dir)
    if not plain:
        return []
    known = {user.name: user for user in read_users(data_dir)}
    adopted = [User(name, hash_for_nats(password, is_chosen=True), topics_of_tracker(name)) for name, password in plain.items()]
    write_users(data_dir, list({**known, **{user.name: user for user in adopted}}.values()))
    (data_dir / PLAIN_FILE).unlink()
    return adopted


def read_plain_users(data_dir: Path) -> dict[str, str]:
    """User -> password of broker.users; empty where there is none. Raises BrokenUsersFile."""
    path = data_dir / PLAIN_FILE
    users: dict[str, str] = {}
    if not path.exists():
        return users
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        user, colon, password = line.strip().partition(":")
        if not (colon and password and user.replace("-", "").replace("_", "").isalnum()):
            raise BrokenUsersFile(f"{path} line {number}: write user:password, the user of letters, digits, - and _")
        users[user] = password
    return users
