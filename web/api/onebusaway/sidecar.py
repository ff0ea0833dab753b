"""What OneBusAway's apps ask a second server for: the notices of a region."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from web.api.feeds import NO_SNAPSHOT, conditional, loaded_network
from web.world import world

pages = Blueprint("onebusaway_sidecar", __name__)


@pages.get("/regions/<int:region>/alerts.pb")
@pages.get("/api/v1/regions/<int:region>/alerts.pb")
def alerts_of_region(region: int) -> Response:
    """Our notices, whatever the number: one server has one region."""
    snapshot = world().view.snapshot
    loaded_network()
    if snapshot is None:
        abort(503, NO_SNAPSHOT)
    return conditional(world().feed("alerts"), "application/x-protobuf", snapshot.made_at, 1)
