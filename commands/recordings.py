"""`replay`: recorded reports, on a virtual clock or through a real broker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from commands.common import EXISTING, OUTPUT, Settings, example, fail, pass_settings, read_gtfs, stop_on_signal
from transit.clock import parse_clock


def _moment(_: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    """An ISO time; UTC where it does not say."""
    if value is None:
        return None
    try:
        return parse_clock(value).set_to
    except ValueError:
        raise click.BadParameter(f"{value!r} is no ISO 8601 time like 2016-12-15T05:00:00Z", param=parameter) from None


@click.command(
    epilog=example(
        "python app.py replay --gtfs G.zip --reports R.csv.gz --predictions P.csv.gz --matches M.csv.gz",
        "python app.py replay --reports R.csv.gz --publish mqtt://127.0.0.1:1883 --speed 60",
    )
)
@click.option("--gtfs", "gtfs_path", type=EXISTING, help="The network of the recording: a folder or a zip.")
@click.option("--reports", type=EXISTING, required=True, help="CSV, gzip where the name ends in .gz.")
@click.option("--predictions", type=OUTPUT, help="Where predictions are written.")
@click.option("--matches", type=OUTPUT, help="Where the match of each report is written.")
@click.option(
    "--assignment",
    type=click.Choice(["trip", "route", "none"]),
    default="trip",
    show_default=True,
    help="How much of the recording's label the pipeline may see.",
)
@click.option("--method", default="ours", show_default=True, help="The method of prediction.")
@click.option("--every", default=30, show_default=True, type=click.IntRange(1), help="Seconds between predictions.")
@click.option("--from", "since", callback=_moment, help="Nothing earlier is written; it is learnt from all the same.")
@click.option("--to", "until", callback=_moment, help="Nothing later is written.")
@click.option("--learn-until", callback=_moment, help="Nothing is learnt from what happens later.")
@click.option("--publish", metavar="URL", help="Play the recording through this broker instead.")
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="With --publish: so many times faster than it was.",
)
@pass_settings
def replay(
    settings: Settings,
    gtfs_path: Path | None,
    reports: Path,
    predictions: Path | None,
    matches: Path | None,
    assignment: str,
    method: str,
    every: int,
    since: datetime | None,
    until: datetime | None,
    learn_until: datetime | None,
    publish: str | None,
    speed: float,
) -> None:
    """Drive a recording through the same pipeline on a virtual clock, or play it through a real broker."""
    if publish is not None:
        _publish(settings, reports, publish, speed, since, until)
        return
    if gtfs_path is None:
        raise click.UsageError("--gtfs is needed, unless the recording is only published with --publish")
    from gps_ingest.recordings import replay as recordings

    network = read_gtfs(gtfs_path)
    started, first = time.monotonic(), []

    def say(done: int, at: datetime) -> None:
        first.append(at)
        seconds = time.monotonic() - started
        faster = (at - first[0]).total_seconds() / max(seconds, 1e-9)
        pace = f"{done / seconds:.0f} reports/s, {faster:.0f} x"
        click.echo(f"\r{done} reports, {at:%Y-%m-%d %H:%M} UTC, {pace}", nl=False, err=True)

    with (
        recordings.open_recording(reports) as rows,
        _maybe(recordings.open_output, predictions) as predictions_out,
        _maybe(recordings.open_output, matches) as matches_out,
    ):
        try:
            summary = recordings.replay(
                network,
                rows,
                predictions_out=predictions_out,
                matches_out=matches_out,
                assignment=assignment,
                method=method,
                every_s=every,
                since=since,
                until=until,
                learn_until=learn_until,
                progress=say,
            )
        except ValueError as error:
            fail(str(error))
    took = time.monotonic() - started
    click.echo(f"\n{summary.reports} reports, {summary.predictions} predictions in {took:.1f} s", err=True)
    for reason, count in summary.counts.most_common():
        click.echo(f"  {reason}: {count}", err=True)


@contextmanager
def _maybe(opener: Callable[[Path], Any], path: Path | None) -> Iterator[Any]:
    if path is None:
        yield None
        return
    with opener(path) as opened_file:
        yield opened_file


def _publish(settings: Settings, reports: Path, url: str, speed: float, since: datetime | None, until: datetime | None) -> None:
    from gps_ingest.recordings.playback import publish_recording

    stop_event = stop_on_signal()

    def say(sentence: str) -> None:
        click.echo(sentence, err=True)

    try:
        publish_recording(
            reports, mqtt_url=url, clock=settings.clock, speed=speed, stop_event=stop_event, since=since, until=until, say=say
        )
    except (OSError, ValueError) as error:
        fail(str(error))
