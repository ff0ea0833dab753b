"""The gate that our live feeds must pass: the independent validator, and two checks that it lacks."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from gtfs_rt_validator.api import Inputs, Mode, PreparedFeed, Request, SortBy, prepare_feed, resolve_roles, validate

from gtfs.realtime import FeedMessage
from gtfs.writer import write_network
from transit.plan.network import Network
from transit.plan.service_day import services_on

Messages = Mapping[str, FeedMessage]  # role (tu, vp, sa) -> message


@dataclass(frozen=True)
class Gate:
    """Prepared once per network."""

    network: Network
    feed: PreparedFeed
    folder: Path

    def findings(self, ticks: Sequence[tuple[datetime, Messages]]) -> Counter[str]:
        """Rule -> how often it fired over the ticks, warnings included; each tick is judged at its own time."""
        cycles = []
        for number, (now, messages) in enumerate(ticks):
            places = {}
            for role, message in messages.items():
                place = self.folder / f"{number:04d}-{role}.pb"
                place.write_bytes(message.SerializeToString())
                os.utime(place, (now.timestamp(), now.timestamp()))
                places[role] = str(place)
            cycles += resolve_roles(places).cycles
        request = Request(Mode.MODERN, self.feed, Inputs(tuple(cycles), True), SortBy.DATE_MODIFIED)
        result = validate(request)
        assert not result.run.files_skipped
        found = Counter({rule: result.run.notices.count_for(rule) for rule in result.run.notices.rule_ids()})
        for _, messages in ticks:
            found.update(missed_by_the_validator(self.network, messages.values()))
        return found


def gate_for(network: Network, folder: Path) -> Gate:
    packed = folder / "network.zip"
    packed.write_bytes(write_network(network))
    return Gate(network, prepare_feed(packed, mode=Mode.MODERN), folder)


def missed_by_the_validator(network: Network, messages: Iterable[FeedMessage]) -> list[str]:
    """A trip on a day on which its service does not run, and a vehicle without a position."""
    found = []
    for entity in (entity for message in messages for entity in message.entity):
        for trip in (body.trip for body in (entity.trip_update, entity.vehicle) if body.HasField("trip")):
            day = date(int(trip.start_date[:4]), int(trip.start_date[4:6]), int(trip.start_date[6:]))
            if network.trip(trip.trip_id).service_id not in services_on(network, day):
                found.append("no service on start_date")
        if entity.HasField("vehicle") and not entity.vehicle.HasField("position"):
            found.append("vehicle without position")
    return found
