"""A disruption or notice for riders: what, where, when and how sure, in GTFS-Realtime's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from transit.plan.network import TripInstance

Text = dict[str, str]  # language tag -> text


class Cause(StrEnum):
    """GTFS-Realtime Alert.Cause."""

    UNKNOWN_CAUSE = "UNKNOWN_CAUSE"
    OTHER_CAUSE = "OTHER_CAUSE"
    TECHNICAL_PROBLEM = "TECHNICAL_PROBLEM"
    STRIKE = "STRIKE"
    DEMONSTRATION = "DEMONSTRATION"
    ACCIDENT = "ACCIDENT"
    HOLIDAY = "HOLIDAY"
    WEATHER = "WEATHER"
    MAINTENANCE = "MAINTENANCE"
    CONSTRUCTION = "CONSTRUCTION"
    POLICE_ACTIVITY = "POLICE_ACTIVITY"
    MEDICAL_EMERGENCY = "MEDICAL_EMERGENCY"


class Effect(StrEnum):
    """GTFS-Realtime Alert.Effect."""

    NO_SERVICE = "NO_SERVICE"
    REDUCED_SERVICE = "REDUCED_SERVICE"
    SIGNIFICANT_DELAYS = "SIGNIFICANT_DELAYS"
    DETOUR = "DETOUR"
    ADDITIONAL_SERVICE = "ADDITIONAL_SERVICE"
    MODIFIED_SERVICE = "MODIFIED_SERVICE"
    OTHER_EFFECT = "OTHER_EFFECT"
    UNKNOWN_EFFECT = "UNKNOWN_EFFECT"
    STOP_MOVED = "STOP_MOVED"
    NO_EFFECT = "NO_EFFECT"
    ACCESSIBILITY_ISSUE = "ACCESSIBILITY_ISSUE"


@dataclass(frozen=True, slots=True)
class InformedEntity:
    """What an alert is about: all given fields together (EntitySelector). With no field given it is about nothing."""

    agency_id: str | None = None
    route_id: str | None = None
    stop_id: str | None = None
    direction_id: int | None = None
    trip: TripInstance | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """Active from starts_at until just before ends_at; ends_at None: until somebody ends it."""

    alert_id: str
    header: Text
    informed: tuple[InformedEntity, ...]
    starts_at: datetime
    ends_at: datetime | None = None
    description: Text = field(default_factory=dict)
    url: Text = field(default_factory=dict)
    cause: Cause = Cause.UNKNOWN_CAUSE
    effect: Effect = Effect.UNKNOWN_EFFECT

    def is_active(self, now: datetime) -> bool:
        return self.starts_at <= now and not self.is_over(now)

    def is_over(self, now: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= now
