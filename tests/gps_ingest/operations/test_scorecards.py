"""A stored day's promises against its calls: by route, in lines, in a file."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from gps_ingest.operations.scorecards import add_examples, keep_scorecard, scorecard_lines, scorecard_of
from gps_ingest.recordings.comparison import NothingRecorded, score_methods
from tests.builders import MONDAY, SEVEN, a_drive, a_network
from transit.forecasting.prediction import Prediction, Tier
from transit.quality.daily_score import ALL
from transit.store.database import migrate, open_database, writing
from transit.store.promises import append_promises
from transit.store.stop_events import save_stop_events
from transit.tracking.pipeline import Pipeline


@pytest.fixture
def engine(tmp_path):
    opened = open_database(f"sqlite:///{tmp_path / 'facts.db'}")
    migrate(opened)
    yield opened
    opened.dispose()


def a_day(engine, folder):
    """BUS1 drove past five stops; one promise of the fifth was made two minutes before, and was 30 s late."""
    pipeline = Pipeline(a_network())
    calls = [event for report in a_drive(to_m=3000) for event in pipeline.step(report).events]
    with writing(engine) as connection:
        save_stop_events(connection, calls)
    made_at, at = calls[4].arrived_at - timedelta(minutes=2), calls[4].arrived_at + timedelta(seconds=30)
    promise = Prediction(
        vehicle_id="BUS1",
        trip=calls[4].trip,
        stop_id=calls[4].stop_id,
        stop_sequence=calls[4].stop_sequence,
        made_at=made_at,
        reported_at=made_at,
        predicted_at=at,
        low_at=at - timedelta(seconds=60),
        high_at=at + timedelta(seconds=60),
        tier=Tier.LIVE,
    )
    append_promises(folder, MONDAY, made_at, [promise])
    return scorecard_of(engine, folder, a_network(), MONDAY)


def test_a_day_is_scored_by_route_and_as_a_whole(engine, tmp_path):
    scores = a_day(engine, tmp_path)
    assert list(scores) == [ALL, "R1"]
    assert (scores["R1"]["scored"], scores["R1"]["mae_s"]["0-3"]) == (1, 30.0)


def test_a_day_is_told_in_lines_and_kept_as_it_is(engine, tmp_path):
    scores = a_day(engine, tmp_path)
    _, head, every, route = scorecard_lines(MONDAY, scores)
    assert head.split()[:3] == ["route", "promises", "judged"]
    assert [line.split()[0] for line in (every, route)] == ["all", "R1"]
    assert route.split()[1:4] == ["1", "1", "30.0"]
    assert json.loads(keep_scorecard(tmp_path, MONDAY, scores).read_text()) == scores


def test_a_day_of_which_nothing_is_known_has_nothing_to_judge(engine, tmp_path):
    scores = scorecard_of(engine, tmp_path, a_network(), MONDAY)
    assert list(scores) == [ALL]
    assert list(scorecard_lines(MONDAY, scores))[-1].endswith("nothing to judge")


def test_methods_are_compared_on_what_was_reported_only(engine):
    with pytest.raises(NothingRecorded):
        score_methods(engine, a_network(), ["ours"], SEVEN, SEVEN + timedelta(hours=1))


def test_a_scorecard_of_an_earlier_version_gets_its_examples_and_keeps_its_figures(engine, tmp_path):
    scores = a_day(engine, tmp_path)
    old = {ALL: {**scores[ALL], "scored": 900}}
    examples = old[ALL].pop("examples")
    path = keep_scorecard(tmp_path, MONDAY, old)
    earlier = keep_scorecard(tmp_path, MONDAY - timedelta(days=1), old)
    before = earlier.read_bytes()
    assert add_examples(engine, tmp_path, a_network()) == [MONDAY]
    assert json.loads(path.read_text())[ALL] == {**json.loads(json.dumps(old[ALL])), "examples": examples}
    assert earlier.read_bytes() == before, "of that day no promise is kept"
    assert add_examples(engine, tmp_path, a_network()) == []
