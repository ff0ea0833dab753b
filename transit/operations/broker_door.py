"""What the embedded broker turned away lately."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from transit.operations.broker_refusals import BrokerRefusals, RefusalCause
from transit.operations.facts import FleetFacts
from transit.operations.trackers import REFUSED_LATELY
from transit.operations.troubles import Figure, Trouble, TroubleKind

CLASHES, CLASHES_EVERY = 5, timedelta(minutes=2)  # at least this many, with this mean interval or less
KINDS = {
    RefusalCause.PROTOCOL: TroubleKind.PROTOCOL_REFUSED,
    RefusalCause.TOPIC: TroubleKind.TOPIC_REFUSED,
    RefusalCause.CLIENT_ID: TroubleKind.CLIENT_ID_REFUSED,
    RefusalCause.PAYLOAD: TroubleKind.PAYLOAD_REFUSED,
    RefusalCause.LOGIN: TroubleKind.LOGIN_REFUSED,
    RefusalCause.PERMISSION: TroubleKind.PERMISSION_REFUSED,
    RefusalCause.CLASH: TroubleKind.CLIENT_ID_CLASH,
    RefusalCause.OTHER: TroubleKind.BROKER_TURNED_AWAY,
}


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    for row in facts.broker_refusals:
        if row.cause is RefusalCause.CLASH and not _is_clash(row):
            continue
        if abs(facts.now - row.last_at) <= REFUSED_LATELY:
            figures: dict[str, Figure] = {"count": row.count, "last_at": row.last_at.timestamp(), "said": row.said}
            yield Trouble(KINDS[row.cause], row.client, row.first_at, figures)


def _is_clash(row: BrokerRefusals) -> bool:
    """Whether two devices share a client id: a phone that reconnects pushes out its own old connection only now and then."""
    return row.count >= CLASHES and row.last_at - row.first_at <= row.count * CLASHES_EVERY
