"""The guide that belongs to the loaded network."""

from __future__ import annotations

from pathlib import Path

from maps.guide import Guide
from maps.guide_reader import GuideReader
from maps.photo_files import photo_path
from transit.plan.limits import limits_of
from transit.plan.network import Network
from web.world import World


def guide_of(world: World) -> Guide:
    """An operator's own guide, else the sample's; empty where neither is about this network's city."""
    folder = guide_folder_of(world)
    return Guide() if folder is None else _read(world, folder)


def guide_folder_of(world: World) -> Path | None:
    for folder in (world.settings.data_dir / "guide", world.settings.sample_guide):
        if folder is not None and folder.is_dir():
            guide = _read(world, folder)
            if guide.places and (world.network is None or _is_here(guide, world.network)):
                return folder
    return None


def photo_stamp(world: World, place_id: str, suffix: str) -> str:
    """Changes with the picture."""
    folder = guide_folder_of(world)
    path = None if folder is None else photo_path(folder, place_id, suffix)
    return "" if path is None or not path.exists() else f"{path.stat().st_mtime_ns:x}"


def _read(world: World, folder: Path) -> Guide:
    return world.guides.setdefault(folder, GuideReader(folder)).read()


def _is_here(guide: Guide, network: Network) -> bool:
    area = limits_of(network).service_area
    places = [(place.lat, place.lon) for place in guide.places if place.lat is not None and place.lon is not None]
    return any(area.contains(lat, lon) for lat, lon in places)
