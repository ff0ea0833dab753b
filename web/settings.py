"""What the web needs to be told: made by app.py from the environment, by tests by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gtfs.published import UNSAID, Publication
from transit.operations.limits import DEFAULT, InboxLimits
from transit.store.retention import DEFAULT_DAYS

if TYPE_CHECKING:
    from transit.store.people import Role
    from transit.store.tracker_credentials import IssuedPassword


def system_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class LivePositions:
    """Where everybody may read positions over MQTT: at our own host, on this port, with a user that is no secret."""

    port: int
    topic: str
    user: str
    password: str


@dataclass(frozen=True)
class SingleSignOn:
    """An identity provider whose word suffices for a log-in (OpenID Connect).

    role_claim: the name of the claim, or its place in others with dots; roles: a value of that claim -> a role here; label: how
    people call the provider.
    """

    issuer: str
    client_id: str
    client_secret: str
    roles: Mapping[str, Role]
    role_claim: str = "roles"
    label: str = ""
    scope: str = "openid profile email"


@dataclass(frozen=True)
class WebSettings:
    """tile_url: a Leaflet tile template, or empty. A worker is spawned with these, so all of it must pickle."""

    data_dir: Path
    database_url: str
    tile_url: str = ""
    armada_is_local: bool = False  # /armada answers to this very machine without a log-in
    phone_links: Callable[[IssuedPassword, str], Mapping[str, str]] | None = (
        None  # app -> its settings, with the host, for a QR code
    )
    broker_at: Callable[[str], str] | None = None  # where trackers reach the broker, with the host that somebody knows us by
    clock: Callable[[], datetime] = system_clock
    sample_guide: Path | None = None  # places and services to show while DATA_DIR/guide has none
    publication: Publication = UNSAID
    live_positions: LivePositions | None = None  # None: they are not shared
    single_sign_on: SingleSignOn | None = None  # None: people log in with a password of ours only
    hosts: tuple[str, ...] = ()  # names by which /armada and forms answer, besides localhost and addresses in numbers
    hsts_days: int = 0  # how long browsers that came by HTTPS are told to use nothing else; 0: they are told nothing
    inbox_limits: InboxLimits = DEFAULT  # of the environment: what counts where nobody set anything on /armada/setelan
    record_days: int | None = DEFAULT_DAYS["record"]  # that the playback reaches back; None = for ever
    live_fresh_s: float = 10.0  # a snapshot older than this means that the live process is stuck or dead
