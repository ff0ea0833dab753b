"""From an OpenStreetMap extract, or an operator's GeoJSON with the same tags, to the ground under the map.

1. Read lines and areas within the network's box. 2. Say of each what kind it is. 3. Clip. 4. The overview of the city takes
what fits OVERVIEW_BYTES at the finest of LEVELS. 5. What the overview left out goes into parts by area, for who looks closely.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import cos, hypot, radians
from pathlib import Path
from typing import Any

import geopandas as gpd
import msgspec
import polyline
import shapely
from shapely import LineString, MultiLineString, MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from maps.ground import KINDS, OVERVIEW, Ground, Label, Layer, folder_of
from maps.layers import routes_layer, stops_layer
from transit.plan.geometry import METRES_PER_DEGREE
from transit.plan.network import Network

OVERVIEW_BYTES = 60_000  # gzip, for the whole city: the page loads it besides Leaflet, which has 46 KB
PART_KM = 2.0  # edge of a part: a phone's screen at zoom 15
MARGIN_M = 1_500.0  # of streets beyond the outermost stop
LEVELS = (  # (metres that a line may be off, kinds in the overview), the finest first
    (3.0, set(KINDS) - {"path"}),
    (4.0, set(KINDS) - {"path", "building"}),
    (6.0, {"green", "water", "river", "minor", "rail", "middle", "major"}),
    (10.0, {"green", "water", "river", "rail", "middle", "major"}),
    (15.0, {"water", "river", "rail", "middle", "major"}),
    (25.0, {"water", "rail", "middle", "major"}),
    (40.0, {"rail", "middle", "major"}),
    (40.0, {"middle", "major"}),
    (40.0, {"major"}),
)
PART_OFF_M = 2.0  # metres that a line of a part may be off
REPEAT_M = 1_500.0  # a street's name stands so far from itself at least: once or twice on a printed sheet of a part
LEAST_APART = 1.05  # of REPEAT_M along a line: a little more, since a way is bent and a degree of longitude shorter
SMALL_M2 = 400.0  # smaller areas are left out
OSM_CREDIT = "© OpenStreetMap contributors, ODbL"
OSM_FILES = (".osm", ".pbf")
RANKS = {"major": 0, "middle": 1, "water": 2, "rail": 2, "river": 2, "green": 3, "minor": 4, "building": 5, "path": 6}
HIGHWAYS = {
    "motorway": "major", "trunk": "major", "primary": "major", "secondary": "middle", "tertiary": "middle",
    "residential": "minor", "unclassified": "minor", "living_street": "minor", "road": "minor",
    "pedestrian": "path", "footway": "path", "path": "path",
    "track": "path", "cycleway": "path", "steps": "path", "service": "path",
}  # fmt: skip
GREEN_LEISURE = {"park", "garden", "pitch", "playground", "golf_course", "nature_reserve"}
GREEN_LAND = {"grass", "forest", "recreation_ground", "cemetery", "village_green", "meadow"}


class BrokenGround(Exception):
    """The file cannot be used as a ground; the message says why."""


@dataclass(frozen=True)
class GroundShape:
    kind: str
    name: str
    shape: BaseGeometry

    @property
    def is_area(self) -> bool:
        return isinstance(self.shape, Polygon)


@dataclass(frozen=True)
class Imported:
    """What came of an import: bytes are gzip."""

    overview_bytes: int
    parts: int
    part_bytes: int  # of all parts together
    km2: float
    features: int


def kind_of(tags: dict[str, Any], *, is_area: bool) -> str:
    """What is drawn for a feature of OpenStreetMap's tags; empty: nothing."""

    def tag(name: str) -> str:
        text = tags.get(name)
        return text if isinstance(text, str) else ""

    if is_area:
        if tag("natural") == "water" or tag("waterway") == "riverbank" or tag("landuse") in {"reservoir", "basin"}:
            return "water"
        if tag("leisure") in GREEN_LEISURE or tag("landuse") in GREEN_LAND or tag("natural") == "wood":
            return "green"
        return "building" if tag("building") and tag("name") else ""
    if tag("highway"):
        return HIGHWAYS.get(tag("highway").removesuffix("_link"), "")
    if tag("railway") in {"rail", "light_rail", "subway", "tram"}:
        return "" if '"service"=>' in tag("other_tags") else "rail"  # no sidings and yards
    return {"river": "river", "canal": "river", "stream": "river"}.get(tag("waterway"), "")


def area_of(network: Network) -> tuple[float, float, float, float]:
    """South, west, north, east of its routes, or of its stops where it has no routes to draw."""
    routes = routes_layer(network)
    west, south, east, north = (float(v) for v in (stops_layer(network) if routes.empty else routes).total_bounds)
    return south, west, north, east


def import_ground(source: Path, data_dir: Path, area: tuple[float, float, float, float], credit: str = "") -> Imported:
    """area: south, west, north, east of the network. Raises BrokenGround; what was there before then stays."""
    south, west, north, east = _with_margin(area)
    features = list(_features(source, box(west, south, east, north)))
    if not features:
        raise BrokenGround(f"{source} has no street, water, rail or park within the network's area.")
    credit = credit or (OSM_CREDIT if source.suffix in OSM_FILES else "")
    labels = sorted(_labels(features), key=lambda label: (label.rank, label.text))
    off_m, kinds = next((level for level in LEVELS if _size(_layers(features, *level)) <= OVERVIEW_BYTES), LEVELS[-1])
    grid = _grid((south, west, north, east))
    rest = [feature for feature in features if feature.kind not in kinds]
    parts = dict(_parts(rest, labels, (south, west, north, east), grid))
    ground = Ground(
        credit=credit,
        box=(south, west, north, east),
        layers=_layers(features, off_m, kinds),
        labels=[label for label in labels if label.rank < RANKS["minor"]],
        grid=grid,
        parts=sorted(parts),
    )
    files = {
        OVERVIEW: msgspec.json.encode(ground),
        **{f"{name}.json": msgspec.json.encode(part) for name, part in parts.items()},
    }
    _replace(folder_of(data_dir), files)
    sizes = {name: len(gzip.compress(content)) for name, content in files.items()}
    return Imported(
        overview_bytes=sizes.pop(OVERVIEW),
        parts=len(sizes),
        part_bytes=sum(sizes.values()),
        km2=(north - south) * (east - west) * cos(radians(south)) * (METRES_PER_DEGREE / 1000) ** 2,
        features=len(features),
    )


def _with_margin(area: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    south, west, north, east = area
    up = MARGIN_M / METRES_PER_DEGREE
    side = up / cos(radians((south + north) / 2))
    return south - up, west - side, north + up, east + side


def _features(source: Path, frame: Polygon) -> Iterator[GroundShape]:
    layers = ("lines", "multipolygons") if source.suffix in OSM_FILES else (None,)
    for layer in layers:
        try:
            table = gpd.read_file(source, layer=layer, bbox=frame.bounds, on_invalid="ignore")
        except Exception as error:  # whatever the reader's drivers raise of a file that is none
            raise BrokenGround(f"{source} cannot be read as a map: {error}") from None
        if table.crs is not None and table.crs != "EPSG:4326":
            table = table.to_crs("EPSG:4326")
        for tags in table.to_dict("records"):
            yield from _feature(tags, frame)


def _feature(tags: dict[str, Any], frame: Polygon) -> Iterator[GroundShape]:
    shape = tags.get("geometry")
    if shape is None or shape.is_empty:
        return
    is_area = isinstance(shape, Polygon | MultiPolygon)
    kind = kind_of(tags, is_area=is_area)
    if not kind:
        return
    name = tags.get("name") if isinstance(tags.get("name"), str) else ""
    clipped = shapely.make_valid(shape).intersection(frame) if is_area else shape.intersection(frame)
    for piece in _pieces(clipped):
        if isinstance(piece, Polygon) == is_area and not piece.is_empty:
            yield GroundShape(kind, name or "", piece)


def _pieces(shape: BaseGeometry) -> Iterable[BaseGeometry]:
    if isinstance(shape, MultiPolygon | MultiLineString) or hasattr(shape, "geoms"):
        for part in shape.geoms:
            yield from _pieces(part)
    else:
        yield shape


def _layers(features: list[GroundShape], off_m: float, kinds: set[str]) -> list[Layer]:
    groups: dict[tuple[str, bool], list[BaseGeometry]] = {}
    for feature in features:
        if feature.kind in kinds:
            groups.setdefault((feature.kind, feature.is_area), []).append(feature.shape)
    order = sorted(groups, key=lambda key: (not key[1], KINDS.index(key[0])))
    layers = [Layer(kind, is_area, sorted(_shapes(groups[kind, is_area], off_m, kind))) for kind, is_area in order]
    return [layer for layer in layers if layer.shapes]


def _shapes(shapes: list[BaseGeometry], off_m: float, kind: str) -> Iterator[str]:
    """Encoded polylines; lines that go on into one another are one."""
    if isinstance(shapes[0], Polygon):
        least = 0.0 if kind == "building" else max(SMALL_M2, off_m**2 * 16) / METRES_PER_DEGREE**2
        shapes = [shape.exterior for shape in shapes if isinstance(shape, Polygon) and shape.area >= least]
    else:
        shapes = list(
            _pieces(shapely.line_merge(MultiLineString([shape for shape in shapes if isinstance(shape, LineString)])))
        )
    for line in shapes:
        points = [(lat, lon) for lon, lat, *_ in line.simplify(off_m / METRES_PER_DEGREE).coords]
        if len(points) > 1 and line.length * METRES_PER_DEGREE >= off_m:
            yield polyline.encode(points, 5)


def _size(layers: list[Layer]) -> int:
    return len(gzip.compress(msgspec.json.encode(layers)))


def _labels(features: list[GroundShape]) -> Iterator[Label]:
    """Each name of an area once, within its largest; each of a line at its middle, and again every REPEAT_M of its way.

    The pieces of a street are one way: neither their number nor their kinds bring its name again.
    """
    named = [feature for feature in features if feature.name]
    named.sort(key=lambda feature: (RANKS[feature.kind], -_extent(feature)))
    placed: dict[tuple[str, bool], list[shapely.Point]] = {}
    for feature in named:
        there = placed.setdefault((feature.name, feature.is_area), [])
        if feature.is_area:
            points = [] if there else [feature.shape.representative_point()]
        else:
            points = list(_along(feature.shape))
        for point in points:
            if all(_metres(point, other) >= REPEAT_M for other in there):
                there.append(point)
                yield Label(round(point.y, 5), round(point.x, 5), feature.name, RANKS[feature.kind])


def _along(line: BaseGeometry) -> Iterator[shapely.Point]:
    """The middle of a line, then, of a long one, places REPEAT_M before and behind it."""
    middle, whole = line.length / 2, line.length
    step = REPEAT_M * LEAST_APART / METRES_PER_DEGREE
    yield line.interpolate(middle)
    for number in range(1, int(middle / step) + 1):
        yield line.interpolate(middle - number * step)
        yield line.interpolate(min(whole, middle + number * step))


def _metres(point: shapely.Point, other: shapely.Point) -> float:
    shrink = cos(radians(point.y))
    return hypot((point.x - other.x) * shrink, point.y - other.y) * METRES_PER_DEGREE


def _extent(feature: GroundShape) -> float:
    return feature.shape.area if feature.is_area else feature.shape.length


def _grid(area: tuple[float, float, float, float]) -> tuple[int, int]:
    south, west, north, east = area
    edge = PART_KM * 1000.0 / METRES_PER_DEGREE
    return max(1, round((north - south) / edge)), max(1, round((east - west) * cos(radians(south)) / edge))


def _parts(
    features: list[GroundShape], labels: list[Label], area: tuple[float, float, float, float], grid: tuple[int, int]
) -> Iterator[tuple[str, Ground]]:
    south, west, north, east = area
    rows, columns = grid
    tree = shapely.STRtree([feature.shape for feature in features])
    for row in range(rows):
        for column in range(columns):
            low = (south + (north - south) * row / rows, west + (east - west) * column / columns)
            high = (south + (north - south) * (row + 1) / rows, west + (east - west) * (column + 1) / columns)
            frame = box(low[1], low[0], high[1], high[0])
            inside = [features[int(n)] for n in sorted(tree.query(frame, predicate="intersects"))] if features else []
            cut = [
                GroundShape(feature.kind, feature.name, piece)
                for feature in inside
                for piece in _pieces(feature.shape.intersection(frame))
                if isinstance(piece, Polygon) == feature.is_area and not piece.is_empty and piece.geom_type != "Point"
            ]
            named = [
                label
                for label in labels
                if label.rank >= RANKS["minor"] and low[0] <= label.lat < high[0] and low[1] <= label.lon < high[1]
            ]
            layers = _layers(cut, PART_OFF_M, set(KINDS))
            if layers or named:
                yield f"{row}-{column}", Ground(credit="", box=(*low, *high), layers=layers, labels=named)


def _replace(folder: Path, files: dict[str, bytes]) -> None:
    """The whole folder at once: no reader sees half of a ground."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".ground-", suffix=f".{os.getpid()}", dir=folder.parent))
    fresh.chmod(0o755)
    for name, content in files.items():
        (fresh / name).write_bytes(content)
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=".ground-", suffix=f".{os.getpid()}", dir=folder.parent))
        folder.rename(old / "old")
        fresh.rename(folder)
        shutil.rmtree(old)
    else:
        fresh.rename(folder)
