"""A network and its guide as geographic layers (WGS 84); what needs metres is computed in the UTM zone of the place."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
from shapely.geometry import LineString, Point

from maps.guide import Place
from maps.shared_streets import SIMPLIFY_M, stretches_of
from transit.plan.network import Network
from transit.plan.patterns import patterns_of, stop_place
from transit.plan.stop_codes import stop_code

DEGREES = "EPSG:4326"
GROUND_MARGIN_M = 900.0


def routes_layer(network: Network) -> gpd.GeoDataFrame:
    """One line per distinct way: route_id, colour (#rrggbb), sort_order; demo trips drive the same ways and add none."""
    plane = patterns_of(network).plane
    rows, lines, seen = [], [], set()
    for pattern in patterns_of(network).by_id.values():
        key = (pattern.route_id, pattern.shape_id or pattern.stop_ids)
        if key in seen:
            continue
        seen.add(key)
        route = network.routes[pattern.route_id]
        points = [plane.lat_lon(x, y)[::-1] for x, y in zip(pattern.line.xs, pattern.line.ys, strict=True)]
        rows.append({"route_id": route.route_id, "colour": f"#{route.color or '455a64'}", "sort_order": route.sort_order or 0})
        lines.append(LineString(points))
    frame = gpd.GeoDataFrame(rows, geometry=lines, crs=DEGREES, columns=["route_id", "colour", "sort_order", "geometry"])
    if frame.empty:
        return frame
    metric = frame.estimate_utm_crs()
    frame["geometry"] = frame.to_crs(metric).geometry.simplify(SIMPLIFY_M).to_crs(DEGREES)
    return frame.sort_values(["sort_order", "route_id"]).reset_index(drop=True)


def streets_layer(network: Network) -> gpd.GeoDataFrame:
    """The routes side by side where they share a street: route_id, colour, side (in line widths from the middle)."""
    rows, lines = [], []
    for stretch in stretches_of(network):
        middle = (len(stretch.route_ids) - 1) / 2
        for place, route_id in enumerate(stretch.route_ids):
            colour = f"#{network.routes[route_id].color or '455a64'}"
            rows.append({"route_id": route_id, "colour": colour, "side": place - middle})
            lines.append(LineString([(lon, lat) for lat, lon in stretch.points]))
    return gpd.GeoDataFrame(rows, geometry=lines, crs=DEGREES, columns=["route_id", "colour", "side", "geometry"])


def stops_layer(network: Network) -> gpd.GeoDataFrame:
    """The stops at which anything calls: stop_id, name, code, confidence."""
    rows, points = [], []
    for stop_id in network.routes_of_stop:
        place, stop = stop_place(network, stop_id), network.stops[stop_id]
        if place is not None:
            confidence = stop.extra.get("position_confidence", "")
            rows.append({"stop_id": stop_id, "name": stop.name, "code": stop_code(stop), "confidence": confidence})
            points.append(Point(place[1], place[0]))
    return gpd.GeoDataFrame(rows, geometry=points, crs=DEGREES, columns=["stop_id", "name", "code", "confidence", "geometry"])


def places_layer(places: Iterable[Place]) -> gpd.GeoDataFrame:
    """The places that have a position: place_id, name, category, precision, error_m."""
    placed = [place for place in places if place.lat is not None and place.lon is not None]
    rows = [
        {"place_id": p.place_id, "name": p.name, "category": p.category, "precision": p.precision, "error_m": p.error_m}
        for p in placed
    ]
    points = [Point(place.lon, place.lat) for place in placed if place.lon is not None and place.lat is not None]
    columns = ["place_id", "name", "category", "precision", "error_m", "geometry"]
    return gpd.GeoDataFrame(rows, geometry=points, crs=DEGREES, columns=columns)


def ground_layer(*layers: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One light area under everything: what all layers span, with a margin."""
    shapes = [shape for layer in layers for shape in layer.geometry if shape is not None and not shape.is_empty]
    if not shapes:
        return gpd.GeoDataFrame({"kind": []}, geometry=[], crs=DEGREES)
    all_of_it = gpd.GeoSeries(shapes, crs=DEGREES)
    metric = all_of_it.estimate_utm_crs()
    hull = all_of_it.to_crs(metric).union_all().convex_hull.buffer(GROUND_MARGIN_M, quad_segs=6)
    area = gpd.GeoSeries([hull], crs=metric).simplify(30.0).to_crs(DEGREES)
    return gpd.GeoDataFrame({"kind": ["ground"]}, geometry=area, crs=DEGREES)


def roads_layer(roads: dict[str, object]) -> gpd.GeoDataFrame:
    """The streets that the guide knows besides the routes."""
    features = roads.get("features") or []
    if not features:
        return gpd.GeoDataFrame({"name": []}, geometry=[], crs=DEGREES)
    return gpd.GeoDataFrame.from_features(features, crs=DEGREES)
