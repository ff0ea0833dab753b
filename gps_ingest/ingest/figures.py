"""What ingest counts, in the form that docs/WEB.md gives for /metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from gps_ingest.ingest.batch import Batch
from transit.operations.broker_refusals import BrokerRefusals


class Figures:
    """Counters since the start of the process, and the last value of each gauge."""

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()
        self.gauges: dict[str, float] = {}

    def count_batch(self, batch: Batch) -> None:
        self.counters["ingest_reports_total"] += len(batch.reports)
        self.counters["ingest_stop_events_total"] += len(batch.events)
        for (_, reason), count in batch.refusals.items():
            self.counters[f'ingest_refused_total{{reason="{reason}"}}'] += count

    def count_messages(self, messages: int, *, seconds: float, lag_s: float) -> None:
        """seconds: what the batch took; lag_s: how long its first message had waited when it was done."""
        self.counters["ingest_batches_total"] += 1
        self.counters["ingest_messages_total"] += messages
        self.gauges["ingest_batch_seconds"] = seconds
        self.gauges["ingest_lag_seconds"] = max(lag_s, 0.0)

    def count_broker_refusals(self, refusals: Iterable[BrokerRefusals]) -> None:
        for refused in refusals:
            self.counters[f'broker_refused_total{{cause="{refused.cause}"}}'] += refused.count

    def count_late_calls(self, calls: int) -> None:
        self.counters["ingest_late_stop_events_total"] += calls

    def encode(self) -> bytes:
        return msgspec.json.encode({"process": "ingest", "counters": self.counters, "gauges": self.gauges})
