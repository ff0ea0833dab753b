"""Whether there is a network, and how long it still runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from transit.operations.facts import FleetFacts
from transit.operations.troubles import Trouble, TroubleKind
from transit.plan.network import Network
from transit.plan.service_day import local_date


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    if facts.network is None:
        yield Trouble(TroubleKind.NO_NETWORK)
        return
    today = local_date(facts.now, facts.timezone)
    last = last_service_date(facts.network)
    if last is None:
        yield Trouble(TroubleKind.FEED_EMPTY)
    elif last < today:
        yield Trouble(TroubleKind.FEED_EXPIRED, figures={"last_day": last.isoformat()})
    elif last - today < timedelta(days=facts.limits.feed_ends_days):
        yield Trouble(TroubleKind.FEED_EXPIRES, figures={"last_day": last.isoformat()})


def last_service_date(network: Network) -> date | None:
    """The last day on which any service may run; None where there is none."""
    days = [calendar.end_date for calendar in network.calendars.values()]
    days += [row.date for row in network.calendar_dates if row.added]
    return max(days, default=None)
