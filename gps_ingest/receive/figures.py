"""What the receiver counts, for the web's /metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter


class ReceiverFigures:
    """Counters since the start of the process; they lie in a file that the web reads, as ingest's do."""

    def __init__(self) -> None:
        self._requests = Counter(
            "transbinjai_receive_requests_total", "Requests of trackers", ("status",), registry=CollectorRegistry()
        )

    def count(self, status: int) -> None:
        self._requests.labels(str(status)).inc()
