"""`ground`: the streets, water and parks under the map."""

from __future__ import annotations

from pathlib import Path

import click

from commands.common import EXISTING, Settings, current_network, example, fail, open_engine, pass_settings


@click.group()
def ground() -> None:
    """The ground under the map: streets, rail, water, parks and their names."""


@ground.command("import", epilog=example("python app.py ground import binjai.osm.pbf"))
@click.argument("source", type=EXISTING)
@click.option("--credit", default="", help="What stands at the corner of the map; of .osm and .osm.pbf files OpenStreetMap's.")
@pass_settings
def ground_import(settings: Settings, source: Path, credit: str) -> None:
    """Take the ground from an OpenStreetMap extract (.osm, .osm.pbf) or a GeoJSON with the same tags; pages show it at once."""
    from maps.ground_import import BrokenGround, area_of, import_ground

    area = area_of(current_network(open_engine(settings)))
    try:
        made = import_ground(source, settings.data_dir, area, credit)
    except BrokenGround as error:
        fail(f"{error}\nNothing was imported; the ground that was there stays.")
    click.echo(
        f"Imported {source}: {made.features} features on {made.km2:.0f} km2; the overview is {made.overview_bytes:,} bytes, "
        f"{made.parts} finer parts are {made.part_bytes:,} bytes together (gzip)."
    )
