"""The ground under the map: the imported extract, else the names of quarters from the guide."""

from __future__ import annotations

import hashlib
from statistics import mean

import msgspec

from maps.ground import Ground, Label, StoredGround, folder_of, load_ground, load_part
from maps.guide import Guide
from web.guide import guide_of
from web.world import World


def ground_of(world: World) -> StoredGround:
    """Read again only when another one was imported."""
    folder = folder_of(world.settings.data_dir)
    stamp = folder.stat().st_mtime_ns if folder.exists() else 0
    guide = guide_of(world)

    def load() -> StoredGround:
        return (load_ground(world.settings.data_dir) if stamp else None) or _names_only(guide)

    named = tuple((place.kelurahan, place.lat, place.lon) for place in guide.published)
    return world.grounds.get((stamp, named, guide.quarters), load)


def grounds_of(world: World) -> list[Ground]:
    """The overview, then all its finer parts."""
    overview = ground_of(world).ground
    parts = (load_part(world.settings.data_dir, name) for name in overview.parts)
    return [overview, *(msgspec.json.decode(part, type=Ground) for part in parts if part is not None)]


def _names_only(guide: Guide) -> StoredGround:
    labels = [Label(round(quarter.lat, 5), round(quarter.lon, 5), quarter.name, 1) for quarter in guide.quarters]
    known = {label.text for label in labels} | {""}
    places = [
        place for place in guide.published if place.lat is not None and place.lon is not None and place.kelurahan not in known
    ]
    for name in sorted({place.kelurahan for place in places}):
        lats, lons = zip(*((place.lat or 0.0, place.lon or 0.0) for place in places if place.kelurahan == name), strict=True)
        labels.append(Label(round(mean(lats), 5), round(mean(lons), 5), name, 1))
    content = msgspec.json.encode(Ground(credit="", box=(0.0, 0.0, 0.0, 0.0), layers=[], labels=labels))
    return StoredGround(msgspec.json.decode(content, type=Ground), content, hashlib.sha256(content).hexdigest()[:12])
