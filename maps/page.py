"""The map as a script for Leaflet, written by folium: drawn once per network version, the same bytes for the same layers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import folium
import geopandas as gpd
from branca.element import Element

from maps import layers
from maps.guide import Guide
from transit.plan.network import Network

NAME = "city"  # the page has an element map_city, and the script makes a variable of that name
MAX_ZOOM = 18
PRECISION = 5  # digits of a degree: one metre


def draw_city(network: Network, guide: Guide, *, tile_url: str = "", with_places: bool = False) -> str:
    """JavaScript that draws ground, streets, routes and stops (and places) into the element map_city.

    Nothing in it points to another origin, except tiles from tile_url.
    """
    routes, stops = layers.routes_layer(network), layers.stops_layer(network)
    places = layers.places_layer(guide.published if with_places else ())
    roads = layers.roads_layer(guide.roads)
    ground = layers.ground_layer(routes, stops, places, roads)
    south, west, north, east = _bounds(routes if not routes.empty else stops)
    city = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_control=True,
        max_zoom=MAX_ZOOM,
        zoom_start=13,
        prefer_canvas=True,
        attribution_control=bool(tile_url),
    )
    city.options["maxZoom"] = MAX_ZOOM  # tiles=None drops it
    if tile_url:
        folium.TileLayer(tile_url, attr=urlsplit(tile_url).netloc.replace("{s}.", ""), max_zoom=MAX_ZOOM).add_to(city)
    else:
        _add(city, ground, lambda _: {"color": "#b9c4b4", "weight": 1, "fillColor": "#e9efe4", "fillOpacity": 1})
        _add(city, roads, lambda _: {"color": "#ffffff", "weight": 7, "opacity": 1})
    _add(
        city,
        layers.streets_layer(network),
        lambda feature: {"color": feature["properties"]["colour"], "weight": 5, "opacity": 0.9},
    )
    _add_points(city, stops, 6, {"color": "#17211c", "weight": 2, "fillColor": "#ffffff", "fillOpacity": 1})
    _add_points(city, places, 8, {"color": "#7a4a00", "weight": 2, "fillColor": "#f2b233", "fillOpacity": 0.9})
    fit = folium.FitBounds([[south, west], [north, east]])
    fit.options["animate"] = False  # else its animation ends after, and over, the view that the page sets
    fit.add_to(city)
    return _script(city)


def _add(city: folium.Map, frame: gpd.GeoDataFrame, style) -> None:  # type: ignore[no-untyped-def]
    if not frame.empty:
        folium.GeoJson(_plain(frame), style_function=style, smooth_factor=1, embed=True).add_to(city)


def _add_points(city: folium.Map, frame: gpd.GeoDataFrame, radius: int, style: dict[str, object]) -> None:
    if not frame.empty:
        marker = folium.CircleMarker(radius=radius, fill=True)
        folium.GeoJson(_plain(frame), marker=marker, style_function=lambda _: style, embed=True).add_to(city)


def _plain(frame: gpd.GeoDataFrame) -> dict[str, object]:
    """GeoJSON with coordinates as exact as the eye is."""
    rounded = frame.set_geometry(frame.geometry.set_precision(10**-PRECISION, mode="pointwise"))
    collection: dict[str, object] = rounded.__geo_interface__
    plain: dict[str, object] = _round(collection)
    return plain


def _round(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, PRECISION)
    if isinstance(value, dict):
        return {key: _round(part) for key, part in value.items() if key != "bbox"}
    if isinstance(value, list | tuple):
        return [_round(part) for part in value]
    return value


def _bounds(frame: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    """South, west, north, east."""
    if frame.empty:
        return -1.0, -1.0, 1.0, 1.0
    west, south, east, north = (round(float(value), PRECISION) for value in frame.total_bounds)
    return south, west, north, east


def _script(city: folium.Map) -> str:
    """Folium's script alone: names counted up instead of random, so that the same map is the same bytes."""
    _name(city, NAME)
    root: Any = city.get_root()
    root.render()
    text: str = root.script.render()
    return text


def _name(element: Element, name: str) -> None:
    element._id = name
    for number, child in enumerate(element._children.values()):
        _name(child, f"{name}{number}")
