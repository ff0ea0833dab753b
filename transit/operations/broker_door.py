"""What the embedded broker turned away lately."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from transit.operations.broker_refusals import OTHERS, BrokerRefusals, RefusalCause
from transit.operations.facts import FleetFacts
from transit.operations.trackers import REFUSED_LATELY
from transit.operations.troubles import Figure, Trouble, TroubleKind

CLASHES, CLASHES_EVERY = 5, timedelta(minutes=2)  # at least this many, with this mean interval or less
REQUESTS = 3  # fewer from one address are not a phone that is set wrongly: that tries again at each fix
MOST_NAMED = 20  # clients of one cause; whoever invents names must not push all else off the screen and fill the inbox
VERSIONS = {"version of 5": "mqtt5", "MQIsdp": "mqtt31"}  # in the broker's words: it reads no more than this of such a client
KINDS = {
    RefusalCause.PROTOCOL: TroubleKind.PROTOCOL_REFUSED,
    RefusalCause.TOPIC: TroubleKind.TOPIC_REFUSED,
    RefusalCause.STRANGE_TOPIC: TroubleKind.TOPIC_NOT_READ,
    RefusalCause.CLIENT_ID: TroubleKind.CLIENT_ID_REFUSED,
    RefusalCause.PAYLOAD: TroubleKind.PAYLOAD_REFUSED,
    RefusalCause.LOGIN: TroubleKind.LOGIN_REFUSED,
    RefusalCause.PERMISSION: TroubleKind.PERMISSION_REFUSED,
    RefusalCause.CLASH: TroubleKind.CLIENT_ID_CLASH,
    RefusalCause.REQUEST: TroubleKind.REQUEST_REFUSED,
    RefusalCause.OTHER: TroubleKind.BROKER_TURNED_AWAY,
}


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    rows = [row for row in facts.broker_refusals if abs(facts.now - row.last_at) <= REFUSED_LATELY]
    for cause in RefusalCause:
        of_cause = [row for row in rows if row.cause is cause and _counts(row)]
        for row in _named(of_cause):
            figures: dict[str, Figure] = {"count": row.count, "last_at": row.last_at.timestamp(), "said": row.said}
            if cause is RefusalCause.PROTOCOL:
                figures["case"] = next((case for words, case in VERSIONS.items() if words in row.said), "")
            yield Trouble(KINDS[cause], row.client, row.first_at, figures)


def _named(rows: Sequence[BrokerRefusals]) -> list[BrokerRefusals]:
    """Those that were refused most often, the longest known first, and one for all others.

    A device with a wrong password tries again and again; a made-up name comes once, and the next one pushes nobody out.
    """
    by_name = sorted((row for row in rows if row.client != OTHERS), key=lambda row: (-row.count, row.first_at, row.client))
    rest = [*by_name[MOST_NAMED:], *(row for row in rows if row.client == OTHERS)]
    if not rest:
        return by_name
    newest = max(rest, key=lambda row: row.last_at)
    together = replace(newest, client=OTHERS, count=sum(row.count for row in rest), first_at=min(row.first_at for row in rest))
    return [*by_name[:MOST_NAMED], together]


def _counts(row: BrokerRefusals) -> bool:
    """Whether it is more than what happens now and then: scanners ask at every address that the Internet reaches."""
    if row.cause is RefusalCause.REQUEST:
        return row.count >= REQUESTS
    return row.cause is not RefusalCause.CLASH or _is_clash(row)


def _is_clash(row: BrokerRefusals) -> bool:
    """Whether two devices share a client id: a phone that reconnects pushes out its own old connection only now and then."""
    return row.count >= CLASHES and row.last_at - row.first_at <= row.count * CLASHES_EVERY
