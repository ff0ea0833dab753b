"""What ingest counts, for the web's /metrics."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge

from gps_ingest.ingest.batch import Batch
from transit.operations.broker_refusals import BrokerRefusals

PREFIX = "transbinjai_ingest"


class IngestFigures:
    """Counters since the start of the process, and the last value of each gauge.

    In prometheus_client's multi-process mode (the command sets its folder) they lie in a file that the web reads.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._reports = self._counter("reports_total", "Reports stored, the refused ones included")
        self._stop_events = self._counter("stop_events_total", "Calls at stops observed")
        self._late_stop_events = self._counter("late_stop_events_total", "Calls at stops found in reports that came late")
        self._refused = self._counter("refused_total", "Reports and messages refused, by reason", "reason")
        self._broker_refused = self._counter("broker_refused_total", "What the embedded broker turned away, by cause", "cause")
        self._batches = self._counter("batches_total", "Commits")
        self._messages = self._counter("messages_total", "Messages of the broker")
        self._batch_seconds = self._gauge("batch_seconds", "What the last batch took")
        self._lag_seconds = self._gauge("lag_seconds", "How long the last batch's first message had waited when it was stored")
        self._broker_connected = self._gauge("broker_connected", "1 while the broker is reached")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"{PREFIX}_{name}", text, registry=self.registry, multiprocess_mode="mostrecent")

    def count_batch(self, batch: Batch) -> None:
        self._reports.inc(len(batch.reports))
        self._stop_events.inc(len(batch.events))
        for (_, reason), count in batch.refusals.items():
            self._refused.labels(reason).inc(count)

    def count_messages(self, messages: int, *, seconds: float, lag_s: float) -> None:
        """seconds: what the batch took; lag_s: how long its first message had waited when it was done."""
        self._batches.inc()
        self._messages.inc(messages)
        self._batch_seconds.set(seconds)
        self._lag_seconds.set(max(lag_s, 0.0))

    def count_broker_refusals(self, refusals: Iterable[BrokerRefusals]) -> None:
        for refused in refusals:
            self._broker_refused.labels(str(refused.cause)).inc(refused.count)

    def count_late_calls(self, calls: int) -> None:
        self._late_stop_events.inc(calls)

    def note_connection(self, is_connected: bool) -> None:
        self._broker_connected.set(float(is_connected))
