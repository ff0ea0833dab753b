"""`relearn`, `explain`, `scorecard`, `compare`: how arrivals are predicted, and how good that is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import click

from commands.common import Settings, current_network, example, fail, open_engine, pass_settings


@click.command(epilog=example("python app.py relearn"))
@pass_settings
def relearn(settings: Settings) -> None:
    """Learn anew from every stored stop event. The system must not run meanwhile."""
    from gps_ingest.operations.exclusion import DataDirInUse, exclusive

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with exclusive(settings.data_dir):
            learnt, last, count = _relearn_all(settings)
    except DataDirInUse as error:
        fail(str(error))
    click.echo(f"Learnt from {learnt} stop events, up to number {last}.")
    if learnt < count:
        click.echo(f"{count - learnt} are of trips that the network no longer has; nothing was learnt from them.")


def _relearn_all(settings: Settings) -> tuple[int, int, int]:
    """(events learnt from, number of the last, events read)."""
    from transit.forecasting.forecaster import Forecaster
    from transit.forecasting.relearning import relearn as learn_anew
    from transit.store.database import writing
    from transit.store.learnt import save_learnt
    from transit.store.stop_events import load_stop_events

    engine = open_engine(settings)
    forecaster, last, count, learnt = Forecaster(current_network(engine)), 0, 0, 0
    with engine.connect() as connection:
        while rows := load_stop_events(connection, last):
            learnt += learn_anew(forecaster, [event for _, event in rows])
            last, count = rows[-1][0], count + len(rows)
    with writing(engine) as connection:
        save_learnt(connection, forecaster.dump(), last, now=settings.clock())
    return learnt, last, count


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


def _day(_: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no day like 2026-11-24", param=parameter) from None


@click.command(epilog=example("python app.py scorecard", "python app.py scorecard --day 2026-11-23"))
@click.option("--day", callback=_day, help="Yesterday (local) where not given.")
@click.option("--keep", is_flag=True, help="Keep it in DATA_DIR/scorecards, too.")
@pass_settings
def scorecard(settings: Settings, day: date | None, keep: bool) -> None:
    """How good a day's promises to riders were, by route and by how far away the bus was."""
    import json

    from transit.plan.service_day import local_date, moment
    from transit.quality.daily_score import by_route, passages_of
    from transit.store.files import write_atomically
    from transit.store.promises import read_promises
    from transit.store.stop_events import load_events_between

    engine = open_engine(settings)
    network = current_network(engine)
    day = day or local_date(settings.clock(), network.timezone) - timedelta(days=1)
    since, until = moment(day, 0, network.timezone), moment(day + timedelta(days=1), 3600, network.timezone)
    with engine.connect() as connection:
        passages = passages_of(network, load_events_between(connection, since, until))
    scores = by_route(network, read_promises(settings.data_dir, day), passages)
    for line in _scorecard_lines(day, scores):
        click.echo(line)
    if keep:
        write_atomically(settings.data_dir / "scorecards" / f"{day}.json", json.dumps(scores, indent=1).encode())


def _scorecard_lines(day: date, scores: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield f"{day}: promises sampled every 30 s, mean error in s by minutes really away"
    yield f"{'route':20} {'promises':>8} {'judged':>7}   0-3   3-6  6-10 10-15 15-30   ETA  80 %  missing %"
    for route_id, row in scores.items():
        if not row.get("scored"):
            yield f"{route_id[:20]:20} {row['predictions']:8}       0   nothing to judge"
            continue
        mae = " ".join(f"{'-' if value is None else value:>5}" for value in row["mae_s"].values())
        eta, covered = row["eta_benchmark"]["score"], row.get("interval80", {}).get("coverage_pct")
        yield (
            f"{route_id[:20]:20} {row['predictions']:8} {row['scored']:7} {mae} {'-' if eta is None else eta:>5}"
            f" {'-' if covered is None else covered:>5} {row['missing_passage_pct']!s:>10}"
        )


@click.command(epilog=example("python app.py compare --champion ours --challenger history"))
@click.option("--champion", default="ours", show_default=True, help="The method in use.")
@click.option("--challenger", required=True, help="The method that might replace it.")
@click.option("--days", default=14, show_default=True, type=click.IntRange(1, 60), help="So many days back.")
@pass_settings
def compare(settings: Settings, champion: str, challenger: str, days: int) -> None:
    """Replay the last days with two methods; exit code 1 where the challenger is worse."""
    from gps_ingest.recordings.comparison import score_method
    from transit.quality.comparison import what_is_worse
    from transit.quality.daily_score import passages_of
    from transit.store.reports import recorded
    from transit.store.stop_events import load_events_between

    engine = open_engine(settings)
    network = current_network(engine)
    until = settings.clock()
    since = until - timedelta(days=days)
    with engine.connect() as connection:
        passages = passages_of(network, load_events_between(connection, since, until))
        rows = list(recorded(connection, since, until))
    if not rows:
        fail(f"There are no reports of the last {days} days to compare on.")
    scores = {}
    for method in (champion, challenger):
        try:
            scores[method] = score_method(network, rows, passages, method)
        except ValueError as error:
            fail(str(error))
        click.echo(f"{method}: mean error {scores[method].get('mae_all_s')} s, by minutes away {scores[method].get('mae_s')}")
    worse = what_is_worse(scores[champion], scores[challenger])
    for sentence in worse:
        click.echo(f"worse: {sentence}")
    click.echo("The challenger must not replace the champion." if worse else "The challenger is no worse.")
    sys.exit(1 if worse else 0)
