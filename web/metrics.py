"""/metrics: what every process counts, as Prometheus reads it."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics, generate_latest, values
from prometheus_client import Counter as CounterMetric
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

from transit.tracking.ages import LIVE_AGE, TOLD_AGE
from transit.tracking.state import TO_COME, VehicleState
from web.live.snapshot import figures_of
from web.world import World

PREFIX = "transbinjai"
BUCKETS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # the aim for a page is 20 ms
FRESH_S, OLD_S = LIVE_AGE.total_seconds(), TOLD_AGE.total_seconds()  # an older fix is "old", then "silent"
NO_FAMILY = (struct.error, OSError, ValueError, IndexError)  # what prometheus_client raises over a file that is none of its own
disable_created_metrics()  # of no use: the processes' own start says the same


class Requests:
    """Requests of this worker by view and status, with a histogram of their seconds."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._total = CounterMetric(
            "web_requests_total", "Requests answered", ("view", "status"), namespace=PREFIX, registry=self.registry
        )
        self._seconds = Histogram(
            "web_request_seconds",
            "Seconds a worker needed for a request",
            namespace=PREFIX,
            registry=self.registry,
            buckets=BUCKETS_S,
        )

    def count(self, view: str, status: int, seconds: float) -> None:
        self._total.labels(view, status).inc()
        self._seconds.observe(seconds)


class Processes:
    """What the processes wrote below DATA_DIR/metrics with prometheus_client in its multi-process mode."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "metrics"

    def collect(self) -> Iterator[Metric]:
        files = [str(path) for path in sorted(self._folder.glob("*/*.db")) if _is_readable(path)]
        yield from MultiProcessCollector.merge(files)


def _is_readable(path: Path) -> bool:
    """False for a file that its process has only just begun."""
    try:
        return bool(list(MmapedDict.read_all_values_from_file(str(path))))
    except NO_FAMILY:
        return False


class Situation:
    """What the snapshot and this worker's view of the world tell: gauges of now, the stored sums of all trackers."""

    def __init__(self, world: World) -> None:
        self._world = world

    def collect(self) -> Iterator[Metric]:
        world, now = self._world, self._world.now()
        yield _gauge("live_up", "1 while the live process keeps the snapshot fresh", float(world.is_live))
        yield _gauge("network_loaded", "1 where a network is loaded", float(world.network is not None))
        yield _gauge("database_up", "1 while the database answers", float(not world.database_error))
        yield from self._of_snapshot(now)
        yield self._vehicles(now)
        trackers = world.view.trackers
        accepted = CounterMetricFamily(
            f"{PREFIX}_reports_accepted", "Reports of all trackers that drove a vehicle or its history"
        )
        accepted.add_metric((), float(sum(tracker.accepted for tracker in trackers)))
        yield accepted
        refused = CounterMetricFamily(
            f"{PREFIX}_reports_refused", "Reports of all trackers refused, by reason", labels=("reason",)
        )
        for reason, count in sorted(figures_of(trackers).items()):
            refused.add_metric((reason,), float(count))
        yield refused

    def _of_snapshot(self, now: datetime) -> Iterator[Metric]:
        made = self._world.view.snapshot
        if made is None:
            return
        age_s = (now - made.made_at).total_seconds()
        yield _gauge("live_snapshot_age_seconds", "Age of what the web workers serve", age_s)
        for name, value in sorted(made.figures.items()):
            text = f"Of the live process: {name.replace('_', ' ')}"
            if name.endswith("_total"):
                yield CounterMetricFamily(f"{PREFIX}_live_{name}", text, value)
            else:
                yield _gauge(f"live_{name}", text, value)
        if made.newest_received_at is not None:
            heard_s = (now - made.newest_received_at).total_seconds()
            yield _gauge("last_report_age_seconds", "Seconds since any tracker was heard", heard_s)

    def _vehicles(self, now: datetime) -> Metric:
        states = self._world.states.values()
        counted = Counter((str(state.matched.status), age_class(state, now.timestamp())) for state in states)
        text = "Vehicles known, by status and age of their last fix"
        family = GaugeMetricFamily(f"{PREFIX}_vehicles", text, labels=("status", "age"))
        for labels, count in sorted(counted.items()):
            family.add_metric(labels, float(count))
        return family


def age_class(state: VehicleState, now_s: float) -> str:
    age_s = now_s - state.report.reported_at.timestamp()
    if age_s < -TO_COME.total_seconds():
        return "to_come"
    return "fresh" if age_s <= FRESH_S else "old" if age_s <= OLD_S else "silent"


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}_{name}", text, value)


def exposition(world: World, requests: Requests) -> bytes:
    """Prometheus text format 0.0.4, one family after the other."""
    registry = CollectorRegistry()
    registry.register(Situation(world))
    registry.register(Processes(world.settings.data_dir))
    if values.ValueClass is values.MutexValue:  # not in multi-process mode: this worker's requests are in no file
        registry.register(requests.registry)
    return generate_latest(registry)
