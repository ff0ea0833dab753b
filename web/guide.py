"""The guide that belongs to the loaded network."""

from __future__ import annotations

from maps.guide import Guide
from maps.guide_reader import GuideReader
from transit.plan.limits import limits_of
from transit.plan.network import Network
from web.world import World


def guide_of(world: World) -> Guide:
    """An operator's own guide, else the sample's; empty where neither is about this network's city."""
    for folder in (world.settings.data_dir / "guide", world.settings.sample_guide):
        if folder is not None and folder.is_dir():
            guide = world.guides.setdefault(folder, GuideReader(folder)).read()
            if guide.places and (world.network is None or _is_here(guide, world.network)):
                return guide
    return Guide()


def _is_here(guide: Guide, network: Network) -> bool:
    area = limits_of(network).service_area
    places = [(place.lat, place.lon) for place in guide.places if place.lat is not None and place.lon is not None]
    return any(area.contains(lat, lon) for lat, lon in places)
