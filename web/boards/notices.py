"""The notices that concern some stops and the routes that serve them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from transit.arrivals.alerts import Alert
from transit.arrivals.notices import relevant_alerts
from transit.plan.directions import directions_of
from web.world import World


def notices_at(world: World, stop_ids: Iterable[str], when: datetime) -> list[Alert]:
    """Each notice once, those of the first stop first."""
    network = world.network
    assert network is not None
    notices: dict[str, Alert] = {}
    for stop_id in stop_ids:
        routes = network.routes_of_stop.get(stop_id, ())
        directions = [direction for route_id in routes for direction in directions_of(network).of_route[route_id]]
        concern = relevant_alerts(world.view.alerts, network, when, directions=directions, stop_id=stop_id)
        notices |= {alert.alert_id: alert for alert in concern}
    return list(notices.values())
