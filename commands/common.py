"""What every command needs: the settings, the database, the loaded network, and how a command ends with a sentence."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import click

from gtfs.published import UNSAID, Publication, as_real
from transit.clock import Clock, parse_clock
from transit.loopback import is_loopback_host

if TYPE_CHECKING:
    from gps_ingest.operations.phone_settings import WaysIn
    from transit.operations.limits import InboxLimits
    from transit.plan.network import Network
    from transit.store.database import Connection, Engine
    from transit.store.retention import Retention
    from web.settings import SingleSignOn, WebSettings

HOUSE = Path(__file__).resolve().parent.parent
SAMPLE = HOUSE / "data" / "binjai"


@dataclass(frozen=True)
class Settings:
    """What the environment says. README.md has the table."""

    port: int
    mqtt_port: int
    bind: str
    mqtt_bind: str  # of the embedded broker alone
    mqtt_ws_port: int | None  # MQTT over WebSocket, where it is asked for
    receive_port: int | None  # trackers over HTTP, where they are asked for
    receive_bind: str
    mqtt_public_url: str  # where trackers reach the broker, if not as MQTT_URL and MQTT_PORT say
    receive_public_url: str  # where phones reach `receive`, behind a proxy
    data_dir: Path
    database_url: str
    mqtt_url: str  # empty: the embedded broker
    tile_url: str
    admin_password: str  # of the first admin, where nobody can log in yet
    armada_is_local: bool  # /armada answers to this very machine without a log-in
    backup_dir: Path
    backup_key: str  # an age public key; empty: backups are not encrypted
    keep_days: str  # see transit.store.retention
    inbox_limits: str  # see transit.operations.limits
    allowed_hosts: tuple[str, ...]  # names of ours, besides those of BIND and PUBLIC_URL
    hsts_days: int
    clock: Clock
    publication: Publication = UNSAID
    single_sign_on: SingleSignOn | None = None  # the identity provider whose accounts may log in
    has_live_out: bool = True  # positions of buses in service, for everybody, on the broker

    def retention(self) -> Retention:
        """How long what is kept. Ends with a sentence where KEEP_DAYS cannot be read."""
        from transit.store.retention import parse_keep_days

        try:
            return parse_keep_days(self.keep_days)
        except ValueError as error:
            fail(str(error))

    def limits(self) -> InboxLimits:
        """From when on something is a matter for dispatchers. Ends with a sentence where INBOX_LIMITS cannot be read."""
        from transit.operations.limits import parse_limits

        try:
            return parse_limits(self.inbox_limits)
        except ValueError as error:
            fail(str(error))

    @property
    def broker_url(self) -> str:
        """Where our own processes reach the broker."""
        from gps_ingest import broker

        if self.mqtt_url:
            return broker.with_own_password(self.data_dir, self.mqtt_url)
        return broker.url_of(self.data_dir, self.mqtt_bind, self.mqtt_port)

    @property
    def ways_in(self) -> WaysIn:
        """Where trackers reach us. Ends with a sentence where an address cannot be read."""
        from gps_ingest.mqtt import parse_url
        from gps_ingest.operations.phone_settings import WaysIn

        try:
            address = parse_url(self.mqtt_public_url or self.broker_url)
        except ValueError as error:
            fail(str(error))
        is_near = is_loopback_host(address.host) and not self.mqtt_public_url
        host = None if is_near else address.host
        return WaysIn(
            host=host,
            mqtt_port=address.port,
            tls=address.tls,
            receive_url=self.receive_public_url.rstrip("/"),
            receive_port=self.receive_port,
        )

    @property
    def address(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.bind, f"[{self.bind}]" if ":" in self.bind else self.bind)
        return f"http://{host}:{self.port}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names by which this system is called."""
        named = [urlsplit(self.publication.public_url).hostname, self.bind, *self.allowed_hosts]
        return tuple(sorted({name.lower() for name in named if name}))

    def for_web(self) -> WebSettings:
        from gps_ingest.broker_access import LIVE_PREFIX, READER, READER_PASSWORD
        from gps_ingest.operations.phone_settings import phone_links
        from web.settings import LivePositions, WebSettings

        positions = LivePositions(self.mqtt_port, f"{LIVE_PREFIX}/journey/ongoing/vp/#", READER, READER_PASSWORD)
        fresh_s = 10.0 * max(self.clock.speed, 1.0)  # ten seconds of real time, however fast a set clock runs

        return WebSettings(
            data_dir=self.data_dir,
            database_url=self.database_url,
            tile_url=self.tile_url,
            armada_is_local=self.armada_is_local,
            phone_links=partial(phone_links, ways=self.ways_in),
            broker_at=self.ways_in.broker_at,
            clock=self.clock,
            sample_guide=SAMPLE,
            publication=self.publication,
            single_sign_on=self.single_sign_on,
            live_positions=positions if self.has_live_out and not self.mqtt_url else None,
            hosts=self.hosts,
            hsts_days=self.hsts_days,
            live_fresh_s=fresh_s,
            inbox_limits=self.limits(),
            record_days=self.retention().days["record"],
        )


def publication_of(environment: Mapping[str, str]) -> Publication:
    """What the operator says of its open data. The command ends with a sentence where an address is not one."""
    addresses = {name: environment.get(name, "") for name in ("PUBLIC_URL", "FEED_CONTACT_URL", "FEED_LICENCE")}
    for name, address in addresses.items():
        if address and not address.startswith(("http://", "https://")):
            fail(f"{name} is {address!r}; give an address that begins with https://")
    return Publication(
        contact_email=environment.get("FEED_CONTACT_EMAIL", ""),
        contact_url=addresses["FEED_CONTACT_URL"],
        licence=addresses["FEED_LICENCE"],
        public_url=addresses["PUBLIC_URL"].rstrip("/"),
        steward=environment.get("FEED_STEWARD", ""),
        region_code=environment.get("FEED_REGION", ""),
    )


def single_sign_on_of(environment: Mapping[str, str]) -> SingleSignOn | None:
    """The identity provider whose accounts may log in; the command ends with a sentence where the settings do not fit."""
    issuer, client_id = environment.get("OIDC_ISSUER", ""), environment.get("OIDC_CLIENT_ID", "")
    if not issuer:
        return None
    parts = urlsplit(issuer)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")):
        fail(f"OIDC_ISSUER is {issuer!r}; give an address that begins with https://, as in its discovery document")
    if not client_id or not environment.get("OIDC_CLIENT_SECRET"):
        fail("OIDC_ISSUER is set, so OIDC_CLIENT_ID and OIDC_CLIENT_SECRET are needed too: that house gives them")
    from transit.store.people import Role
    from web.settings import SingleSignOn

    try:
        words = [pair.partition("=") for pair in environment.get("OIDC_ROLES", "").split(",") if pair.strip()]
        roles = {theirs.strip(): Role(ours.strip()) for theirs, _, ours in words}
    except ValueError as error:
        fail(f"OIDC_ROLES: {error}; write what that house says and a role here: operator=dispatcher,head=supervisor")
    return SingleSignOn(
        issuer=issuer,
        client_id=client_id,
        client_secret=environment["OIDC_CLIENT_SECRET"],
        roles=roles or {str(role): role for role in Role},
        role_claim=environment.get("OIDC_ROLE_CLAIM") or "roles",
        label=environment.get("OIDC_LABEL", ""),
        scope=environment.get("OIDC_SCOPE") or "openid profile email",
    )


def clock_of(text: str, data_dir: Path) -> Clock:
    """The clock to go by. Raises ValueError.

    TRANSIT_NOW where a parent hands it down with its anchor, else the clock of the system that runs on DATA_DIR, else
    TRANSIT_NOW or the machine's own.
    """
    from gps_ingest.operations.clock_in_use import clock_in_use

    clock = parse_clock(text)
    return clock if "@" in text else clock_in_use(data_dir) or clock


def fail(sentence: str) -> NoReturn:
    """Ends the command with a sentence for the one who typed it."""
    click.echo(sentence, err=True)
    sys.exit(1)


def open_engine(settings: Settings, *, may_create: bool = False) -> Engine:
    """The database, at the schema that this version knows; otherwise the command ends with the way out."""
    from transit.store.database import DatabaseError, UnknownSchema, check_schema, migrate, open_database

    try:
        engine = open_database(settings.database_url)
        (migrate if may_create else check_schema)(engine)
    except UnknownSchema as error:
        fail(str(error))
    except DatabaseError as error:
        fail(
            f"The database cannot be opened: {error.orig}. Check DATABASE_URL and DATA_DIR. "
            "Where it is broken: python app.py restore (it moves it aside and takes the newest backup)."
        )
    except Exception as error:  # a URL that SQLAlchemy cannot read, a driver that is missing
        fail(f"DATABASE_URL cannot be used: {error}")
    return engine


def why_away(settings: Settings) -> str:
    """Why the database does not answer, in its driver's words; empty where it answers, and where its URL cannot be read."""
    from transit.store.database import DatabaseError, open_database

    try:
        engine = open_database(settings.database_url)
        engine.connect().close()
        engine.dispose()
    except DatabaseError as error:
        return str(error.orig)
    except Exception:  # a URL that cannot be read: open_engine() tells the way out
        return ""
    return ""


def current_network(engine: Engine) -> Network:
    """The current network; without one the command ends with the way out."""
    from transit.store.networks import current_version, load_network

    with engine.connect() as connection:
        version = current_version(connection)
        if version is None:
            fail("No network is loaded. Import one: python app.py gtfs import FOLDER_OR_ZIP (data/binjai is the sample)")
        return load_network(connection, version)


def count_in_files(data_dir: Path, name: str) -> None:
    """From here on the figures of this process and its workers go to files, which the web adds up for /metrics.

    Files of earlier processes are removed. Call it before anything imports prometheus_client, which looks at the environment
    while it is imported and never again.
    """
    folder = data_dir / "metrics" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def stop_on_signal() -> threading.Event:
    """An event that SIGINT or SIGTERM sets, even where a shell handed SIGINT down as ignored.

    The handler only writes a byte, and a thread sets the event: a handler interrupts the main thread between any two of its
    steps, and that thread may hold the lock of the event just then.
    """
    event = threading.Event()
    heard, written = os.pipe()
    os.set_blocking(written, False)

    def note(*_: object) -> None:
        with suppress(BlockingIOError):  # so many signals are more than enough
            os.write(written, b".")

    def wait_for_one() -> None:
        os.read(heard, 1)
        event.set()

    threading.Thread(target=wait_for_one, name="stop on signal", daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, note)
    return event


def read_gtfs(source: Path) -> Network:
    """The network of a feed; what of it was left out or read as something plain is told on stderr."""
    from gtfs.reader import BrokenFeed, read_feed

    try:
        network, warnings = read_feed(source)
    except BrokenFeed as error:
        fail(f"{source}: {error}\nNothing was imported; the network that was loaded stays.")
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    real = as_real(network)
    if len(real.trips) < len(network.trips):
        left_out = len(network.trips) - len(real.trips)
        click.echo(
            f"warning: trips.txt: {left_out} demonstration trips (demo = 1) are left out of a feed that is real", err=True
        )
    return real


def record_deed(
    connection: Connection, settings: Settings, action: str, subject: str, *, before: str = "", after: str = "", why: str = ""
) -> None:
    """Writes down what was done from the shell, in the transaction that does it."""
    from transit.store.audit import COMMAND_LINE, Deed, record

    deed = Deed(person=COMMAND_LINE, action=action, subject=subject, before=before, after=after, why=why)
    record(connection, deed, now=settings.clock())


def import_network(engine: Engine, network: Network, source: str, now: datetime) -> str:
    from transit.store.database import writing
    from transit.store.networks import save_network

    with writing(engine) as connection:
        return save_network(connection, network, now=now, source=source)


def day_option(meaning: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """`--day 2026-11-24` of a command."""

    def read(_: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
        try:
            return None if value is None else date.fromisoformat(value)
        except ValueError:
            raise click.BadParameter(f"{value!r} is no day like 2026-11-24", param=parameter) from None

    return click.option("--day", callback=read, help=meaning)


EXISTING = click.Path(exists=True, path_type=Path)
OUTPUT = click.Path(dir_okay=False, path_type=Path)
pass_settings = click.make_pass_decorator(Settings)


def example(*lines: str) -> str:
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)
