"""`gtfs`: the network, in and out."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from commands.common import (
    EXISTING,
    OUTPUT,
    Settings,
    current_network,
    example,
    import_network,
    open_engine,
    pass_settings,
    read_gtfs,
)


@click.group()
def gtfs() -> None:
    """The network: import, export, validate."""


@gtfs.command("import", epilog=example("python app.py gtfs import data/binjai", "python app.py gtfs import city.zip"))
@click.argument("source", type=EXISTING)
@pass_settings
def gtfs_import(settings: Settings, source: Path) -> None:
    """Load a GTFS folder or zip; a broken one is refused and the last good one stays. Running processes take it up."""
    from gtfs.unused import unused_fields

    network = read_gtfs(source)
    for row in unused_fields(network):
        click.echo(f"note: {row}", err=True)
    engine = open_engine(settings, may_create=True)
    version = import_network(engine, network, str(source), settings.clock())
    sizes = f"{len(network.routes)} routes, {len(network.stops)} stops, {len(network.trips)} trips"
    click.echo(f"Imported {source}: {sizes}, version {version}. Running processes take it up within seconds.")


@gtfs.command("export", epilog=example("python app.py gtfs export gtfs.zip"))
@click.argument("target", type=OUTPUT)
@pass_settings
def gtfs_export(settings: Settings, target: Path) -> None:
    """Write the loaded network as a GTFS zip; the same network gives the same bytes."""
    from gtfs.writer import write_network

    target.write_bytes(write_network(current_network(open_engine(settings))))
    click.echo(f"Wrote {target}, {target.stat().st_size} bytes.")


@gtfs.command("validate", epilog=example("python app.py gtfs validate city.zip", "python app.py gtfs validate"))
@click.argument("source", type=EXISTING, required=False)
@click.option("--country", default="", help="ISO country code, for the checks that depend on it.")
@pass_settings
def gtfs_validate(settings: Settings, source: Path | None, country: str) -> None:
    """What an independent validator and our reader say of a feed, or of the loaded network; exit code 1 on an error."""
    from gtfs.validate import has_errors, validate_feed
    from gtfs.writer import write_network

    what = write_network(current_network(open_engine(settings))) if source is None else source
    findings = validate_feed(what, on=settings.clock().date(), country_code=country)
    for finding in findings:
        click.echo(str(finding))
    click.echo(f"{len(findings)} findings, {'with errors' if has_errors(findings) else 'no error'}")
    sys.exit(1 if has_errors(findings) else 0)
