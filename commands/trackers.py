"""`trackers`: which tracker is on which vehicle."""

from __future__ import annotations

from pathlib import Path

import click

from commands.common import Settings, example, fail, open_engine, pass_settings


@click.group()
def trackers() -> None:
    """Which tracker is on which vehicle."""


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
        others = [other for other, on in load_tracker_map(connection).items() if on == vehicle and other != tracker]
        map_tracker(connection, tracker, vehicle, now=settings.clock())
    click.echo(f"Tracker {tracker} is on vehicle {vehicle}.")
    for other in others:
        click.echo(f"Tracker {other} is on {vehicle}, too. If it was taken off: python app.py trackers unmap {other}")


@trackers.command("unmap", epilog=example("python app.py trackers unmap 356307042441013"))
@click.argument("tracker")
@pass_settings
def trackers_unmap(settings: Settings, tracker: str) -> None:
    """Take TRACKER off its vehicle; its reports are stored and drive nothing."""
    from transit.store.database import writing
    from transit.store.trackers import map_tracker

    with writing(open_engine(settings)) as connection:
        map_tracker(connection, tracker, None, now=settings.clock())
    click.echo(f"Tracker {tracker} is on no vehicle.")


@trackers.command("list", epilog=example("python app.py trackers list"))
@pass_settings
def trackers_list(settings: Settings) -> None:
    """Every tracker that was mapped or heard, and how it is doing."""
    from transit.store.trackers import load_tracker_health

    with open_engine(settings).connect() as connection:
        for row in load_tracker_health(connection):
            at = row.last_received_at
            last_report = "never heard" if at is None else f"heard {at:%Y-%m-%d %H:%M:%S} UTC"
            refused = ", ".join(f"{reason} {count}" for reason, count in row.refusals.items()) or "none"
            on = row.vehicle_id or "no vehicle"
            click.echo(f"{row.tracker_id} on {on}: {last_report}, {row.accepted} accepted, refused: {refused}")


@trackers.command("owntracks", epilog=example("python app.py trackers owntracks driver7/phone --host bus.example.org"))
@click.argument("tracker")
@click.option("--host", required=True, help="Where the phone reaches the broker.")
@click.option("--port", type=int, help="The broker's port; MQTT_PORT where not given.")
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
    config = configuration(tracker, host, port or settings.mqtt_port, user=user, password=password, tls=tls)
    out.mkdir(parents=True, exist_ok=True)
    file = out / f"{tracker.replace('/', '-')}.otrc"
    file.touch(mode=0o600)
    file.write_text(json.dumps(config, indent=2), encoding="utf-8")
    picture = file.with_suffix(".svg")
    segno.make(import_address(config), error="l", micro=False).save(str(picture), scale=4, border=4)
    picture.chmod(0o600)
    click.echo(f"Wrote {file} (open it on the phone with OwnTracks) and {picture} (scan it with the phone's camera).")
    click.echo(f"Then: python app.py trackers map {tracker} VEHICLE")
