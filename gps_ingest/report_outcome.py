"""What became of one report: the status of its vehicle, or the reason for which it drives nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from transit.tracking.pipeline import Outcome
from transit.tracking.report import Rejection
from transit.tracking.state import VehicleStatus

REJECTED = "rejected:"  # before the reason, where an outcome is written as text


class Obstacle(StrEnum):
    """Why a report could not even be screened. The value is what is counted and shown."""

    MALFORMED = "malformed"
    NO_NETWORK = "no_network"
    ERROR = "error"  # a fault of ours; the log has the traceback


@dataclass(frozen=True, slots=True)
class ReportOutcome:
    """Exactly one of both: the vehicle's status after the report, or the reason of the refusal."""

    status: VehicleStatus | None = None
    refusal: Rejection | Obstacle | None = None

    def __post_init__(self) -> None:
        if (self.status is None) == (self.refusal is None):
            raise ValueError("a report is either taken or refused")

    @classmethod
    def of_step(cls, outcome: Outcome) -> ReportOutcome:
        """What a step of the pipeline did with the report that it was given."""
        if outcome.rejection is not None:
            return cls(refusal=outcome.rejection)
        assert outcome.state is not None  # what is not refused has moved its vehicle
        return cls(status=outcome.state.matched.status)

    @property
    def text(self) -> str:
        """As the column status of the reports and of a replay's matches has it: on_trip, or rejected:jump."""
        return f"{REJECTED}{self.refusal.value}" if self.refusal is not None else str(self.status)
