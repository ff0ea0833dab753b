"""`backup` and `restore`: the database and what else is kept, in one file, and back again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.common import OUTPUT, Settings, example, fail, open_engine, pass_settings

if TYPE_CHECKING:
    from gps_ingest.operations.backup import Restored

KEEP_BACKUP_DAYS = 14  # a fault that is noticed after a holiday can still be undone


@click.command(
    epilog=example("python app.py backup --new-key ~/backup.key", "python app.py backup --folder /mnt/usb --keep-days 30")
)
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where to; BACKUP_DIR where not given.")
@click.option(
    "--keep-days", default=KEEP_BACKUP_DAYS, show_default=True, help="Older ones in the folder are removed; 0: none is."
)
@click.option("--new-key", type=OUTPUT, help="Makes no backup, but a secret key in this file; tells what BACKUP_KEY to set.")
@pass_settings
def backup(settings: Settings, folder: Path | None, keep_days: int, new_key: Path | None) -> None:
    """Write a backup of the database and DATA_DIR, while the system runs; encrypted where BACKUP_KEY is set."""
    from gps_ingest.operations import backup as backups
    from transit.store.audit import heads

    try:
        if new_key is not None:
            public = backups.new_key(new_key)
            click.echo(f"BACKUP_KEY={public}\nWhoever restores needs {new_key}: keep a copy of it away from this machine.")
            return
        target = folder or settings.backup_dir
        now = settings.clock()
        engine = open_engine(settings)
        with engine.connect() as connection:
            of_months = heads(connection)
        made = backups.make_backup(engine, settings.data_dir, target, now, settings.backup_key)
    except backups.BackupFailed as error:
        fail(str(error))
    rows = made.manifest.content.rows
    how = "encrypted" if settings.backup_key else "not encrypted: it holds what riders reported; set BACKUP_KEY"
    click.echo(f"{made.path}: {made.bytes:,} bytes, {rows['reports']:,} reports, {rows['stop_events']:,} calls ({how})")
    for month, head in list(of_months.items())[-1:]:
        click.echo(f"head of the record of deeds, {month}: {head}")
    if keep_days:
        for path in backups.forget_backups(target, now, keep_days):
            click.echo(f"removed: {path.name}")


@click.command(epilog=example("python app.py restore", "python app.py restore FILE.tar.zst.age --key ~/backup.key"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The file of the secret key.")
@pass_settings
def restore(settings: Settings, file: Path | None, key: Path | None) -> None:
    """Put a backup (the newest in BACKUP_DIR where none is named) in place of the database, which is moved aside."""
    from gps_ingest.operations import backup as backups
    from gps_ingest.operations.exclusion import DataDirInUse, exclusive
    from transit.store.database import open_database

    backup_file = file or next(iter(backups.backups_in(settings.backup_dir)), None)
    if backup_file is None:
        fail(f"There is no backup in {settings.backup_dir}. Name one: python app.py restore FILE")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with exclusive(settings.data_dir):
            result = backups.restore(
                open_database(settings.database_url), settings.data_dir, backup_file, settings.clock(), identity=key
            )
    except (backups.BackupFailed, DataDirInUse) as error:
        fail(str(error))
    for line in _lines_of(result, backup_file):
        click.echo(line)


def _lines_of(result: Restored, backup_file: Path) -> Iterator[str]:
    content = result.manifest.content
    yield (
        f"{backup_file} of {result.manifest.made_at:%Y-%m-%d %H:%M:%S} UTC is in place: "
        f"{content.rows['reports']:,} reports, {content.rows['stop_events']:,} calls, {result.files} files of DATA_DIR."
    )
    if result.aside:
        yield f"What stood there before was moved aside: {result.aside}"
    if result.lost_reports is None:
        yield "How many reports it lacks is not known: nothing beside the database remembers their number."
    elif result.lost_reports == 0:
        yield "It lacks no report that was ever stored."
    else:
        newest = content.newest_received_at
        since = "the beginning" if newest is None else f"{newest:%Y-%m-%d %H:%M:%S}"
        until = f"{result.last_stored_at:%Y-%m-%d %H:%M:%S} UTC"
        yield f"It lacks {result.lost_reports:,} reports, stored between {since} and {until}."
    yield "Reports that wait in the broker or in the trackers come in when the system starts: python app.py run"
