"""Every described endpoint of /api/v1 is asked what nobody would ask: schemathesis, against the application itself.

    python -m benchmarks.api_fuzz [--examples 300] [--seed 1]

Requests that fit the description, and requests that do not, with true names of stops, routes and vehicles among them. Any 5xx
is a fault; it is printed as the command that asks it again. The city is the benchmarks' own with buses under way, live at work.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import schemathesis
from hypothesis import strategies

from benchmarks.engine import a_city
from benchmarks.load import place_on
from gps_ingest.ingest.facts import Ingest
from gps_ingest.mqtt import Message
from gps_ingest.simulation.publisher import topic_of
from transit.store.database import migrate, open_database, writing
from transit.store.networks import save_network
from transit.store.trackers import map_tracker
from web.factory import create_app
from web.live.process import Live
from web.settings import WebSettings

DESCRIPTION = "/api/v1/openapi.json"
VEHICLES, ROUTES = 6, 2
STEP_S = 0.2
TRUE_SHARE = 0.5  # of the parameters: names that exist, so that what lies behind a 404 is reached


@contextmanager
def a_running_city():
    """Yields its application, and the true values by how a parameter's name begins. The live process steps in a thread."""
    with tempfile.TemporaryDirectory(prefix="transit-api-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'transit.db'}"
        engine = open_database(url)
        migrate(engine)
        network, now = a_city(ROUTES), datetime.now(UTC)
        with writing(engine) as connection:
            save_network(connection, network, now=now, source="benchmark")
            for n in range(VEHICLES):
                map_tracker(connection, f"v{n}", f"V{n}", now=now)
        _hear(engine, network, now)
        live, is_over = Live(engine, folder), threading.Event()

        def step():
            while not is_over.wait(STEP_S):
                live.step(datetime.now(UTC))

        live.step(now)
        thread = threading.Thread(target=step, daemon=True)
        thread.start()
        try:
            stops = sorted(network.stops)
            names = {
                "stop": stops, "from": stops, "to": stops, "route": sorted(network.routes), "trip": sorted(network.trips),
                "vehicle": [f"V{n}" for n in range(VEHICLES)],
            }  # fmt: skip
            yield create_app(WebSettings(folder, url, live_fresh_s=600.0)), names
        finally:
            is_over.set()
            thread.join()
            engine.dispose()


def _hear(engine, network, now: datetime) -> None:
    shapes = [network.shapes[key].points for key in sorted(network.shapes)]
    rows = []
    for n in range(VEHICLES):
        lat, lon = place_on(shapes[n % len(shapes)], 500.0 + 900.0 * n)
        text = f'{{"latitude":{lat},"longitude":{lon},"timestamp":{now.timestamp()},"speed":7}}'
        rows.append(Message(topic=topic_of(f"v{n}"), payload=text.encode(), received_at=now, mid=n, qos=1, connection=1))
    Ingest(engine, lambda: now).take(rows)


@dataclass
class Asked:
    """statuses: of all answers; faults: each 5xx as the command that asks it again."""

    statuses: Counter[int] = field(default_factory=Counter)
    endpoints: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def ask_all(app: Any, names: dict[str, list[str]], examples: int, seed: int) -> Asked:
    """So many examples of each endpoint and mode."""
    asked = Asked()
    description = schemathesis.openapi.from_wsgi(DESCRIPTION, app)
    for result in description.get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]  # a description that is wrong ends it here
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            try:
                _ask(operation.as_strategy(generation_mode=mode), operation, names, asked, examples, seed)
            except hypothesis.errors.Unsatisfiable:  # nothing can be wrong with an endpoint that asks for nothing
                continue
    return asked


def _ask(cases, operation, names, asked: Asked, examples: int, seed: int) -> None:
    options = hypothesis.settings(
        max_examples=examples, database=None, deadline=None, suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate],
    )  # fmt: skip

    @hypothesis.seed(seed)
    @options
    @hypothesis.given(cases, strategies.randoms(use_true_random=False))
    def ask(case, luck):
        for given in (case.path_parameters, case.query):
            for name in list(given or {}):
                true = next((values for kind, values in names.items() if name.startswith(kind)), None)
                if true and luck.random() < TRUE_SHARE:
                    given[name] = luck.choice(true)
        answer = case.call()
        asked.statuses[answer.status_code] += 1
        asked.endpoints[operation.path] += 1
        if answer.status_code >= 500:
            asked.faults.append(f"{answer.status_code}: {case.as_curl_command()}")

    ask()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=300, help="of each endpoint, right ones and wrong ones each")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with a_running_city() as (app, names):
        asked = ask_all(app, names, options.examples, options.seed)
    for path, count in sorted(asked.endpoints.items()):
        print(f"{count:7,} {path}")
    statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(asked.statuses.items()))
    print(f"{asked.statuses.total():,} requests at {len(asked.endpoints)} endpoints; {statuses}; {len(asked.faults)} are 5xx")
    for fault in asked.faults[:10]:
        print(f"  {fault}")
    return 1 if asked.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
