"""Whether a vehicle obeys the route that it was told: a whole trip of another one refutes it until another is told."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from transit.plan.network import TripInstance
from transit.plan.patterns import Pattern
from transit.tracking.state import VehicleStatus
from transit.tracking.status import PublishedStatus, Verdict
from transit.tracking.trip_choice import NO_HINT, AssignmentHint

FOLLOWED = 0.5  # share of its line that a vehicle must have followed for a trip to count


class Order(msgspec.Struct, frozen=True, array_like=True):
    """The route that a vehicle was told, without a trip."""

    route_id: str
    on: TripInstance | None = None  # the trip that it was on then, which it may finish
    is_refuted: bool = False


def order_of(hint: AssignmentHint, before: Order | None, published: PublishedStatus | None) -> Order | None:
    """The order that a hint gives. before: the one in force until now; published: the status after the fix before."""
    if hint.route_id is None or hint.trip_id is not None:
        return None
    if before is not None and before.route_id == hint.route_id:
        return before
    return Order(route_id=hint.route_id, on=None if published is None else published.trip)


def credible(hint: AssignmentHint, order: Order | None) -> AssignmentHint:
    """What the matcher is told: nothing, where the vehicle has shown that the order is not true."""
    return NO_HINT if order is not None and order.is_refuted else hint


def observe_order(
    order: Order | None,
    published: PublishedStatus | None,
    ended: TripInstance | None,
    verdict: Verdict,
    patterns: Mapping[str, Pattern],
) -> Order | None:
    """The order after a verdict.

    published: the status after the fix before; ended: the trip that the vehicle is known to have ended last.
    """
    if order is None:
        return None
    driven = patterns.get(verdict.pattern_id)
    if driven is not None and driven.route_id == order.route_id and verdict.status is VehicleStatus.ON_TRIP:
        return msgspec.structs.replace(order, on=None, is_refuted=False)
    if published is not None and _refutes(order, published, ended, verdict, patterns):
        return msgspec.structs.replace(order, is_refuted=True)
    return order


def _refutes(
    order: Order,
    published: PublishedStatus,
    ended: TripInstance | None,
    verdict: Verdict,
    patterns: Mapping[str, Pattern],
) -> bool:
    """Whether a trip of another route ends with this verdict that was driven under this order, most of it seen."""
    pattern = patterns.get(published.pattern_id)
    if pattern is None or pattern.route_id == order.route_id or published.trip in (None, order.on, verdict.trip):
        return False
    followed_m = published.along_m - published.from_m
    return published.trip == ended and followed_m >= FOLLOWED * (pattern.end_m - pattern.start_m)
