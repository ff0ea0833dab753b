"""`archive`: the open data of past days."""

from __future__ import annotations

from datetime import date

import click

from commands.common import Settings, current_network, day_option, example, open_engine, pass_settings


@click.command(epilog=example("python app.py archive", "python app.py archive --day 2026-11-23"))
@day_option("The last three days where not given: late reports may have changed them.")
@pass_settings
def archive(settings: Settings, day: date | None) -> None:
    """Write stop events and service figures as CSV and Parquet to DATA_DIR/archive, which the web serves at /archive/."""
    from gps_ingest.operations.open_archive import archive_day, days_to_write
    from transit.plan.service_day import local_date

    engine = open_engine(settings)
    network = current_network(engine)
    today = local_date(settings.clock(), network.timezone)
    for each in [day] if day else days_to_write(today):
        for path in archive_day(engine, settings.data_dir, network, each):
            click.echo(f"{path}  {path.stat().st_size} bytes")
