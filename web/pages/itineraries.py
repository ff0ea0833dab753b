"""A ready itinerary of the guide."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from web.answers import the_network
from web.boards.itineraries import stays_of
from web.guide import guide_of
from web.world import world

pages = Blueprint("itineraries", __name__)


@pages.get("/wisata/rute/<itinerary_id>")
def itinerary_page(itinerary_id: str) -> str:
    network, guide = the_network(), guide_of(world())
    itinerary = next((one for one in guide.itineraries if one.itinerary_id == itinerary_id), None)
    if itinerary is None:
        abort(404)
    legs = list(stays_of(world(), guide, itinerary))
    return render_template("itinerary.html", itinerary=itinerary, legs=legs, network=network, guide=guide)
