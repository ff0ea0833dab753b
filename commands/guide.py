"""`signs`, `places`, `services`: what is printed for riders, and the guide of places and city services."""

from __future__ import annotations

from pathlib import Path

import click

from commands.common import EXISTING, OUTPUT, SAMPLE, Settings, current_network, example, fail, open_engine, pass_settings


@click.command(epilog=example("python app.py signs --all --address https://bus.example.org --out signs.pdf"))
@click.option("--stop", "codes", multiple=True, help="A stop_code or stop_id; may be given several times.")
@click.option("--all", "every", is_flag=True, help="A sign for each stop.")
@click.option("--address", help="Where riders reach the site; this machine's address where not given.")
@click.option("--paper", type=click.Choice(["a5", "a4"]), default="a5", show_default=True)
@click.option("--out", type=OUTPUT, default="signs.pdf", show_default=True)
@pass_settings
def signs(settings: Settings, codes: tuple[str, ...], every: bool, address: str | None, paper: str, out: Path) -> None:
    """Write the signs for stops as a PDF: name, code, QR of the short address, routes, first and last bus."""
    from transit.plan.network import UnknownStop
    from web.print.signs import sign_pdf, stops_to_sign

    if not every and not codes:
        raise click.UsageError("give --stop CODE or --all")
    network = current_network(open_engine(settings))
    try:
        stops = stops_to_sign(network, None if every else codes)
    except UnknownStop as error:
        fail(f"No stop has the code or id {error}")
    out.write_bytes(sign_pdf(network, stops, (address or settings.address).rstrip("/"), settings.clock(), paper=paper))
    click.echo(f"Wrote {out}: {len(stops)} signs.")


@click.group()
def places() -> None:
    """Places of the visitors' pages."""


@places.command("import", epilog=example("python app.py places import places.csv"))
@click.argument("source", type=EXISTING)
@pass_settings
def places_import(settings: Settings, source: Path) -> None:
    """Check a CSV or GeoJSON of places and show it; rows with published 0 stay drafts. docs/GUIDE.md has the columns."""
    from maps.guide import BrokenGuide
    from maps.guide_files import import_places, own_guide

    folder = own_guide(settings.data_dir, SAMPLE)
    try:
        published, drafts = import_places(source, folder)
    except BrokenGuide as error:
        fail(f"{error}\nNothing was imported; the places that were there stay.")
    click.echo(f"Imported {source}: {published} published, {drafts} drafts. The pages show them at once.")


@places.command("photo", epilog=example("python app.py places photo tugu photo.jpg --credit 'A. Sitepu' --licence CC0"))
@click.argument("place_id")
@click.argument("source", type=EXISTING)
@click.option("--credit", required=True, help="Who made the picture; stands below it.")
@click.option("--licence", required=True, help="Under which it may be shown; stands below it.")
@pass_settings
def places_photo(settings: Settings, place_id: str, source: Path, credit: str, licence: str) -> None:
    """Show a picture on a place's page: made small (AVIF and WebP, 25 KB at most), without what the camera wrote into it."""
    from maps.guide import BrokenGuide
    from maps.guide_files import own_guide
    from maps.photos import BrokenPhoto, add_photo

    try:
        made = add_photo(own_guide(settings.data_dir, SAMPLE), place_id, source, credit, licence)
    except (BrokenPhoto, BrokenGuide) as error:
        fail(f"{error}\nNothing was changed.")
    sizes = ", ".join(f"{suffix} {count:,} bytes" for suffix, count in made.items())
    click.echo(f"{place_id} has a picture: {sizes}.")


@click.group()
def services() -> None:
    """The city's other digital services."""


@services.command("check", epilog=example("python app.py services check"))
@pass_settings
def services_check(settings: Settings) -> None:
    """Ask every address of services.csv whether it answers, and note the day: only those that do are linked."""
    from maps.guide import BrokenGuide
    from maps.guide_files import own_guide
    from maps.service_check import check_city_services

    try:
        results = check_city_services(own_guide(settings.data_dir, SAMPLE) / "services.csv", settings.clock().date())
    except BrokenGuide as error:
        fail(str(error))
    for service_id, result in results:
        click.echo(f"{service_id}: {result}")
    click.echo(f"{len(results)} addresses checked.")
