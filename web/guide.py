"""The guide that belongs to the loaded network, read again only when its files change."""

from __future__ import annotations

import logging
from pathlib import Path

from maps.guide import BrokenGuide, Guide, load_guide
from transit.plan.limits import limits_of
from transit.plan.network import Network
from web.world import World

FILES = ("places.csv", "itineraries.csv", "services.csv", "ground.geojson")
log = logging.getLogger(__name__)


def guide_of(world: World) -> Guide:
    """An operator's own guide, else the sample's; empty where neither is about this network's city."""
    for folder in (world.settings.data_dir / "guide", world.settings.sample_guide):
        if folder is not None and folder.is_dir():
            guide = _load(world, folder)
            if guide.places and (world.network is None or _is_here(guide, world.network)):
                return guide
    return Guide()


def _load(world: World, folder: Path) -> Guide:
    stamps = tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in (folder / name for name in FILES))
    kept = world.guides.get(folder)
    if kept is None or kept[0] != stamps:
        try:
            guide = load_guide(folder)
        except BrokenGuide as error:  # somebody edits it right now: the last good one stays
            log.error("the guide in %s cannot be used: %s", folder, error)
            guide = kept[1] if kept else Guide()
        world.guides[folder] = kept = (stamps, guide)
    found: Guide = kept[1]
    return found


def _is_here(guide: Guide, network: Network) -> bool:
    area = limits_of(network).service_area
    known = [(place.lat, place.lon) for place in guide.places if place.lat is not None and place.lon is not None]
    return any(area.contains(lat, lon) for lat, lon in known)
