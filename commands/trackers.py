"""`trackers`: which tracker is on which vehicle."""

from __future__ import annotations

import click

from commands.common import Settings, example, open_engine, pass_settings


@click.group()
def trackers() -> None:
    """Which tracker is on which vehicle."""


@trackers.command("map", epilog=example("python app.py trackers map 356307042441013 BM-7012-RA"))
@click.argument("tracker")
@click.argument("vehicle")
@pass_settings
def trackers_map(settings: Settings, tracker: str, vehicle: str) -> None:
    """Put TRACKER on VEHICLE. A tracker swapped for another is this one edit."""
    from transit.store.database import writing
    from transit.store.trackers import load_tracker_map, map_tracker

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
