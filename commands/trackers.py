"""`trackers`: which tracker is on which vehicle, and with what password it reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from commands.common import Settings, example, fail, open_engine, pass_settings, record_deed

if TYPE_CHECKING:
    from transit.store.database import Engine
    from transit.store.tracker_credentials import IssuedPassword


MOST_LISTED = 50  # trackers on no vehicle: whoever invents names must not push the others off the screen


class Shown(NamedTuple):
    """How a phone or tracker reaches us, and where its QR code goes."""

    host: str | None
    url: str | None
    qr: Path | None


@click.group()
def trackers() -> None:
    """Which tracker is on which vehicle, and with what password it reports."""


@trackers.command("map", epilog=example("python app.py trackers map 356307042441013 BM-7012-RA"))
@click.argument("tracker")
@click.argument("vehicle")
@pass_settings
def trackers_map(settings: Settings, tracker: str, vehicle: str) -> None:
    """Put TRACKER on VEHICLE. A tracker swapped for another is this one edit."""
    from gps_ingest.tracker_names import objection_to
    from transit.store.database import writing
    from transit.store.trackers import load_tracker_map, map_tracker

    objection = objection_to(tracker)
    if objection is not None:
        fail(f"Nothing was changed: {objection}")
    with writing(open_engine(settings)) as connection:
        on = load_tracker_map(connection)
        others = [other for other, its_vehicle in on.items() if its_vehicle == vehicle and other != tracker]
        map_tracker(connection, tracker, vehicle, now=settings.clock())
        record_deed(connection, settings, "tracker_mapped", tracker, before=on.get(tracker, ""), after=vehicle)
    click.echo(f"Tracker {tracker} is on vehicle {vehicle}.")
    for other in others:
        click.echo(f"Tracker {other} is on {vehicle}, too. If it was taken off: python app.py trackers unmap {other}")


@trackers.command("unmap", epilog=example("python app.py trackers unmap 356307042441013"))
@click.argument("tracker")
@pass_settings
def trackers_unmap(settings: Settings, tracker: str) -> None:
    """Take TRACKER off its vehicle; its reports are stored and drive nothing."""
    from transit.store.database import writing
    from transit.store.trackers import load_tracker_health, load_tracker_map, map_tracker

    with writing(open_engine(settings)) as connection:
        on = load_tracker_map(connection)
        if tracker not in {*on, *(row.tracker_id for row in load_tracker_health(connection))}:
            fail(f"There is no tracker {tracker!r}; on vehicles are: {', '.join(sorted(on)) or 'none'}")
        before = on.get(tracker, "")
        map_tracker(connection, tracker, None, now=settings.clock())
        record_deed(connection, settings, "tracker_mapped", tracker, before=before)
    click.echo(f"Tracker {tracker} is on no vehicle.")


@trackers.command("list", epilog=example("python app.py trackers list"))
@pass_settings
def trackers_list(settings: Settings) -> None:
    """Every tracker that was mapped or heard, how it is doing, and those that wait for approval."""
    from transit.store.trackers import load_tracker_health
    from transit.store.waiting_trackers import load_waiting_trackers

    with open_engine(settings).connect() as connection:
        waiting = load_waiting_trackers(connection, settings.clock())
        rows = load_tracker_health(connection)
        unmapped = [row for row in rows if row.vehicle_id is None]
        for row in [row for row in rows if row.vehicle_id is not None] + unmapped[:MOST_LISTED]:
            at = row.last_received_at
            last_report = "never heard" if at is None else f"heard {at:%Y-%m-%d %H:%M:%S} UTC"
            refused = ", ".join(f"{reason} {count}" for reason, count in row.refusals.items()) or "none"
            on = row.vehicle_id or "no vehicle"
            click.echo(f"{row.tracker_id} on {on}: {last_report}, {row.accepted} accepted, refused: {refused}")
    if len(unmapped) > MOST_LISTED:
        click.echo(f"and {len(unmapped) - MOST_LISTED} more on no vehicle")
    if waiting.trackers:
        click.echo("Waiting for approval (python app.py trackers approve TRACKER [VEHICLE]):")
    for tracker in waiting.trackers:
        how = f"refused at log-in {tracker.knocks} times" if tracker.knocks else "reports without a password"
        click.echo(f"  {tracker.tracker_id}: {how}, last {tracker.last_at:%Y-%m-%d %H:%M:%S} UTC")
    if waiting.others:
        click.echo(f"  and {waiting.others} more")


QR = click.option("--qr", type=click.Path(dir_okay=False, path_type=Path), help="Write the QR code for a phone there (SVG).")
HOST = click.option(
    "--host", help="The broker's name or address as the tracker sees it; that of MQTT_PUBLIC_URL where not given."
)
URL = click.option(
    "--url", help="Where phones reach `app.py receive`; RECEIVE_PUBLIC_URL where not given, else HOST and RECEIVE_PORT."
)


@trackers.command(
    "add", epilog=example("python app.py trackers add 356307042441013", "python app.py trackers add driver7/phone")
)
@click.argument("tracker")
@HOST
@URL
@QR
@pass_settings
def trackers_add(settings: Settings, tracker: str, host: str | None, url: str | None, qr: Path | None) -> None:
    """Give TRACKER a password; from the first one on the broker lets nobody report without."""
    from transit.store.tracker_credentials import add_credential

    _issue(settings, tracker, add_credential, Shown(host, url, qr))


@trackers.command("rotate", epilog=example("python app.py trackers rotate 356307042441013"))
@click.argument("tracker")
@HOST
@URL
@QR
@pass_settings
def trackers_rotate(settings: Settings, tracker: str, host: str | None, url: str | None, qr: Path | None) -> None:
    """Give TRACKER another password; the old one is worth nothing from now on."""
    from transit.store.tracker_credentials import rotate_credential

    _issue(settings, tracker, rotate_credential, Shown(host, url, qr))


@trackers.command("approve", epilog=example("python app.py trackers approve 356307042441013 BUS-7"))
@click.argument("tracker")
@click.argument("vehicle", required=False)
@HOST
@URL
@QR
@pass_settings
def trackers_approve(
    settings: Settings, tracker: str, vehicle: str | None, host: str | None, url: str | None, qr: Path | None
) -> None:
    """Give TRACKER a password, and put it on VEHICLE where one is named."""
    from transit.store.database import writing
    from transit.store.tracker_credentials import add_credential
    from transit.store.trackers import map_tracker

    _issue(settings, tracker, add_credential, Shown(host, url, qr))
    if vehicle is not None:
        with writing(open_engine(settings)) as connection:
            map_tracker(connection, tracker, vehicle, now=settings.clock())
            record_deed(connection, settings, "tracker_mapped", tracker, after=vehicle)
        click.echo(f"Tracker {tracker} is on vehicle {vehicle}.")


@trackers.command("revoke", epilog=example("python app.py trackers revoke 356307042441013"))
@click.argument("tracker")
@pass_settings
def trackers_revoke(settings: Settings, tracker: str) -> None:
    """Take TRACKER's password away; it is cut off at once."""
    from transit.store.database import writing
    from transit.store.tracker_credentials import CredentialRefused, revoke_credential

    engine = open_engine(settings)
    try:
        with writing(engine) as connection:
            revoke_credential(connection, tracker, now=settings.clock())
            record_deed(connection, settings, "tracker_revoked", tracker)
    except CredentialRefused as error:
        fail(str(error))
    click.echo(f"Tracker {tracker} has no password any more.")
    _provision(engine, settings)


def _issue(
    settings: Settings,
    tracker: str,
    issue: Callable[..., IssuedPassword],
    shown: Shown,
) -> None:
    from transit.store.database import writing
    from transit.store.tracker_credentials import CredentialRefused

    engine = open_engine(settings, may_create=True)
    try:
        with writing(engine) as connection:
            issued = issue(connection, tracker, now=settings.clock())
            record_deed(connection, settings, "tracker_password", tracker)
    except CredentialRefused as error:
        fail(str(error))
    _provision(engine, settings)
    _show(settings, issued, shown)


def _provision(engine: Engine, settings: Settings) -> None:
    from gps_ingest.broker_access import SYSTEM
    from gps_ingest.broker_users import FILE, BrokenUsersFile, is_closed, read_users
    from gps_ingest.operations.provisioning import ACL, PASSWORDS, provision

    was_closed = is_closed(settings.data_dir)
    try:
        is_told = provision(engine, settings.data_dir, settings.clock())
    except (BrokenUsersFile, OSError) as error:
        fail(str(error))
    if settings.mqtt_url:
        click.echo(
            f"For Mosquitto: copy {settings.data_dir / PASSWORDS} and {settings.data_dir / ACL} to where it may read them.\n"
            "Its configuration: allow_anonymous false, password_file and acl_file with those two.\n"
            "After each change: systemctl reload mosquitto\n"
            f"Our own processes log in with MQTT_URL=mqtt://{SYSTEM}@HOST:PORT; without a password there they take their own."
        )
        return
    if is_told:
        click.echo("The running broker knows it already.")
    if not was_closed:
        click.echo(
            "From now on the broker lets no tracker in without a password: those that report now fall silent until they have "
            "theirs."
        )
    elif not read_users(settings.data_dir):
        click.echo(
            "No tracker has a password now, and the broker lets none in. To open it to all of this machine again, end the "
            f"system and remove {settings.data_dir / FILE}"
        )


def _show(settings: Settings, issued: IssuedPassword, shown: Shown) -> None:
    """What somebody types into the tracker."""
    from gps_ingest.broker_users import topics_of_tracker
    from gps_ingest.operations.phone_settings import NEAR, phone_links

    ways = settings.ways_in
    host, port = shown.host or ways.host or NEAR, ways.mqtt_port
    ways = replace(ways, host=host, receive_url=ways.receive_url if shown.url is None else shown.url.rstrip("/"))
    topic = topics_of_tracker(issued.tracker_id)[0]
    click.echo(
        f"Type into the tracker (the password is not shown again):\n"
        f"  host      {host}\n  port      {port}{' (TLS)' if ways.tls else ''}\n  user      {issued.user}\n"
        f"  password  {issued.password}\n  topic     {topic}\n  QoS 1, not retained. To try it:\n"
        f"  mosquitto_pub -h {host} -p {port}{' --capath /etc/ssl/certs' if ways.tls else ''} "
        f"-u {issued.user} -P {issued.password} -q 1 -t {topic} -m ..."
    )
    url = ways.receiver_at(host)
    if "/" not in issued.tracker_id and url is not None:
        click.echo(f"Or over HTTP: {url}/?id={issued.tracker_id}&key={issued.password}&lat=...&lon=...&timestamp=...")
    for app, link in phone_links(issued, host, ways).items():
        _show_code(app, link, shown.qr)


def _show_code(app: str, link: str, qr: Path | None) -> None:
    import segno

    code = segno.make(link, micro=False)
    click.echo(f"{app} takes these settings from this QR code:")
    if qr is not None:
        qr.touch(mode=0o600)
        code.save(str(qr), kind="svg", scale=4, border=4)
        qr.chmod(0o600)
        click.echo(f"  {qr} (it holds the password)")
    else:
        code.terminal(compact=True)


@trackers.command("owntracks", epilog=example("python app.py trackers owntracks driver7/phone --host bus.example.org"))
@click.argument("tracker")
@click.option("--host", required=True, help="Where the phone reaches the broker.")
@click.option("--port", type=int, help="The broker's port; that of MQTT_PUBLIC_URL or MQTT_PORT where not given.")
@click.option("--user", default="", help="The user at the broker, where it asks for one.")
@click.option("--password", default="", help="Its password; it stands in the file and in the QR code.")
@click.option("--tls", is_flag=True, help="The broker speaks TLS on that port.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=".", show_default=True)
@pass_settings
def trackers_owntracks(
    settings: Settings, tracker: str, host: str, port: int | None, user: str, password: str, tls: bool, out: Path
) -> None:
    """Write the OwnTracks configuration of the phone TRACKER (USER/DEVICE): a file to import, and a QR code of it."""
    import json

    import segno

    from gps_ingest.owntracks import configuration, import_address
    from gps_ingest.tracker_names import objection_to

    objection = objection_to(tracker)
    if objection is None and "/" not in tracker:
        objection = f"{tracker!r} is no USER/DEVICE: OwnTracks publishes as both"
    if objection is not None:
        fail(objection)
    ways = settings.ways_in
    config = configuration(tracker, host, port or ways.mqtt_port, user=user, password=password, tls=tls or ways.tls)
    out.mkdir(parents=True, exist_ok=True)
    file = out / f"{tracker.replace('/', '-')}.otrc"
    file.touch(mode=0o600)
    file.write_text(json.dumps(config, indent=2), encoding="utf-8")
    picture = file.with_suffix(".svg")
    segno.make(import_address(config), error="l", micro=False).save(str(picture), scale=4, border=4)
    picture.chmod(0o600)
    click.echo(f"Wrote {file} (open it on the phone with OwnTracks) and {picture} (scan it with the phone's camera).")
    click.echo(f"Then: python app.py trackers map {tracker} VEHICLE")
