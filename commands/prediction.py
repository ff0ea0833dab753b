"""`relearn`, `explain`, `scorecard`, `compare`: how arrivals are predicted, and how good that is."""

from __future__ import annotations

import sys
from datetime import date, timedelta

import click

from commands.common import Settings, current_network, day_option, example, fail, open_engine, pass_settings


@click.command(epilog=example("python app.py relearn"))
@pass_settings
def relearn(settings: Settings) -> None:
    """Learn anew from every stored stop event. The system must not run meanwhile."""
    from gps_ingest.operations.exclusion import DataDirInUse, exclusive
    from gps_ingest.operations.relearning import relearn_all

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with exclusive(settings.data_dir):
            engine = open_engine(settings)
            result = relearn_all(engine, current_network(engine), settings.clock())
    except DataDirInUse as error:
        fail(str(error))
    click.echo(f"Learnt from {result.used} stop events, up to number {result.last_event_id}.")
    if result.used < result.read:
        unused = result.read - result.used
        click.echo(f"{unused} are of trips that the network no longer has; nothing was learnt from them.")


@click.command(epilog=example("python app.py explain --vehicle DEMO-1 --stop tugu-45"))
@click.option("--vehicle", required=True, help="The vehicle's id.")
@click.option("--stop", "stop_id", required=True, help="The stop's id.")
@pass_settings
def explain(settings: Settings, vehicle: str, stop_id: str) -> None:
    """Say why the running system predicts what it does: links, history, today's factors, the age of the fix."""
    from web.live.questions import ask, sentences

    explanations = ask(settings.data_dir, vehicle, stop_id)
    if explanations is None:
        fail("The live process does not answer. Start it: python app.py run")
    if not explanations:
        fail(f"Nothing is predicted for {vehicle} at {stop_id} now.")
    click.echo("\n\n".join("\n".join(sentences(explanation)) for explanation in explanations))


@click.command(epilog=example("python app.py scorecard", "python app.py scorecard --day 2026-11-23"))
@day_option("Yesterday (local) where not given.")
@click.option("--keep", is_flag=True, help="Keep it in DATA_DIR/scorecards, and the figures of service in the database.")
@pass_settings
def scorecard(settings: Settings, day: date | None, keep: bool) -> None:
    """How good a day's promises to riders were, by route and by how far away the bus was; --keep: and how it was served."""
    from gps_ingest.operations.scorecards import add_examples, keep_scorecard, scorecard_lines, scorecard_of
    from transit.plan.service_day import local_date
    from transit.store.networks import current_version
    from transit.store.service_days import keep_day

    engine = open_engine(settings)
    network = current_network(engine)
    day = day or local_date(settings.clock(), network.timezone) - timedelta(days=1)
    scores = scorecard_of(engine, settings.data_dir, network, day)
    for line in scorecard_lines(day, scores):
        click.echo(line)
    if keep:
        keep_scorecard(settings.data_dir, day, scores)
        add_examples(engine, settings.data_dir, network)
        with engine.connect() as connection:
            version = current_version(connection) or ""
        for served in (day - timedelta(days=1), day):  # the trips of the later one may not be over yet: it is computed twice
            keep_day(engine, settings.data_dir, network, served, network_version=version, now=settings.clock())


@click.command(epilog=example("python app.py compare --champion ours --challenger history"))
@click.option("--champion", default="ours", show_default=True, help="The method in use.")
@click.option("--challenger", required=True, help="The method that might replace it.")
@click.option("--days", default=14, show_default=True, type=click.IntRange(1, 60), help="So many days back.")
@pass_settings
def compare(settings: Settings, champion: str, challenger: str, days: int) -> None:
    """Replay the last days with two methods; exit code 1 where the challenger is worse."""
    from gps_ingest.recordings.comparison import NothingRecorded, score_methods
    from transit.quality.comparison import what_is_worse

    engine, until = open_engine(settings), settings.clock()
    try:
        scores = score_methods(engine, current_network(engine), (champion, challenger), until - timedelta(days=days), until)
    except NothingRecorded:
        fail(f"There are no reports of the last {days} days to compare on.")
    except ValueError as error:
        fail(str(error))
    for method, score in ((name, scores[name]) for name in (champion, challenger)):
        click.echo(f"{method}: mean error {score.get('mae_all_s')} s, by minutes away {score.get('mae_s')}")
    worse = what_is_worse(scores[champion], scores[challenger])
    for sentence in worse:
        click.echo(f"worse: {sentence}")
    click.echo("The challenger must not replace the champion." if worse else "The challenger is no worse.")
    sys.exit(1 if worse else 0)
