"""A place as search engines read it (schema.org, JSON-LD)."""

from __future__ import annotations

from typing import Any

from maps.guide import Place
from web.words.languages import language


def structured_data(place: Place) -> dict[str, Any]:
    """A position only where it is one."""
    kinds = {"hospital": "Hospital", "school": "School", "government": "GovernmentBuilding"}
    kind = kinds.get(place.category, "TouristAttraction")
    data: dict[str, Any] = {"@context": "https://schema.org", "@type": kind, "name": place.name}
    description = place.description.get(language()) or place.description.get("id")
    if description:
        data["description"] = description
    if place.address:
        data["address"] = place.address
    if place.is_good:
        data["geo"] = {"@type": "GeoCoordinates", "latitude": place.lat, "longitude": place.lon}
    return data
