"""The guide's files, which an operator edits: CSV and GeoJSON, read whole or refused by line and field."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TypeVar

from maps.guide import BrokenGuide, CityService, Guide, Itinerary, Photo, Place, Quarter, Visit

Row = TypeVar("Row")
FILES = ("places.csv", "itineraries.csv", "services.csv", "quarters.csv", "ground.geojson")
PHOTOS = "photos.csv"  # beside FILES where there is any
QUARTER_FIELDS = ("name", "lat", "lon", "error_m")
PHOTO_FIELDS = ("place_id", "credit", "licence", "width", "height")
PRECISIONS = ("exact", "approximate", "kelurahan", "unknown")  # of a position; kelurahan: known by its quarter only
SLUG = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
PLACE_FIELDS = (
    "place_id", "name", "category", "lat", "lon", "precision", "error_m", "address", "kelurahan",
    "description_id", "description_en", "opens", "source", "checked", "published",
    "hours_id", "hours_en", "fee_id", "fee_en", "access_id", "access_en",
)  # fmt: skip
SERVICE_FIELDS = (
    "service_id", "name", "description_id", "description_en", "categories", "audiences", "state", "url", "last_trace",
    "checked", "check_result",
)  # fmt: skip


def own_guide(data_dir: Path, sample: Path) -> Path:
    """The folder DATA_DIR/guide; what it lacks is copied from the sample's."""
    folder = data_dir / "guide"
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        if not (folder / name).exists():
            shutil.copyfile(sample / name, folder / name)
    return folder


def load_guide(folder: Path) -> Guide:
    """What the folder has of places.csv, itineraries.csv, services.csv, quarters.csv and ground.geojson. Raises BrokenGuide."""
    places = read_places(folder / "places.csv") if (folder / "places.csv").exists() else ()
    path = folder / "itineraries.csv"
    ids = {place.place_id for place in places}
    itineraries = read_itineraries(path, ids) if path.exists() else ()
    services = read_services(folder / "services.csv") if (folder / "services.csv").exists() else ()
    photos = read_photos(folder / PHOTOS) if (folder / PHOTOS).exists() else ()
    path = folder / "quarters.csv"
    quarters = _read(path, _rows(path, QUARTER_FIELDS), _quarter, lambda quarter: quarter.name) if path.exists() else ()
    ground = folder / "ground.geojson"
    roads = json.loads(ground.read_text(encoding="utf-8")) if ground.exists() else Guide().roads
    return Guide(places=places, itineraries=itineraries, services=services, photos=photos, quarters=quarters, roads=roads)


def read_photos(path: Path) -> tuple[Photo, ...]:
    """What `places photo` wrote. Raises BrokenGuide."""
    return _read(path, _rows(path, PHOTO_FIELDS), _photo, lambda photo: photo.place_id)


def write_photos(folder: Path, photos: Iterable[Photo]) -> None:
    rows = [[getattr(photo, name) for name in PHOTO_FIELDS] for photo in photos]
    _write_csv(folder / PHOTOS, PHOTO_FIELDS, rows)


def read_places(path: Path) -> tuple[Place, ...]:
    """From CSV, or from GeoJSON points with the same names as properties. Raises BrokenGuide."""
    rows = _geojson_rows(path) if path.suffix in (".geojson", ".json") else _rows(path, PLACE_FIELDS[:3])
    return _read(path, rows, _place, lambda place: place.place_id)


def read_services(path: Path) -> tuple[CityService, ...]:
    return _read(path, _rows(path, SERVICE_FIELDS[:2]), _service, lambda service: service.service_id)


def service_rows(path: Path) -> list[dict[str, str]]:
    """The rows of services.csv as they stand there. Raises BrokenGuide."""
    return [row for _, row in _rows(path, SERVICE_FIELDS[:2])]


def read_itineraries(path: Path, place_ids: set[str]) -> tuple[Itinerary, ...]:
    """Rows of one itinerary_id, in their order. Raises BrokenGuide, also for a place that does not exist."""
    itineraries: dict[str, Itinerary] = {}
    problems = []
    for line, row in sorted(_rows(path, ("itinerary_id", "place_id")), key=lambda numbered: int(numbered[1].get("order") or 0)):
        if row["place_id"] not in place_ids:
            problems.append(f"{path.name} line {line}, place_id: {row['place_id']!r} is not in places.csv")
            continue
        try:
            visit = Visit(row["place_id"], 60 * int(row.get("stay_min") or 0))
            before = itineraries.get(row["itinerary_id"])
            visits = (*before.visits, visit) if before else (visit,)
            name = {"id": row.get("name_id", ""), "en": row.get("name_en", "")}
            starts_s = _time_s(row.get("starts", "")) or 8 * 3600
            itineraries[row["itinerary_id"]] = Itinerary(row["itinerary_id"], name, starts_s, visits)
        except ValueError as error:
            problems.append(f"{path.name} line {line}: {error}")
    if problems:
        raise BrokenGuide(problems)
    return tuple(itineraries.values())


def import_places(source: Path, folder: Path) -> tuple[int, int]:
    """Checks a file and makes it the guide's places.csv; returns how many are published and how many are drafts.

    Raises BrokenGuide, and then what was there stays.
    """
    places = read_places(source)
    folder.mkdir(parents=True, exist_ok=True)
    _write_csv(folder / "places.csv", PLACE_FIELDS, [_row_of(place) for place in places])
    published = sum(place.published for place in places)
    return published, len(places) - published


def _write_csv(path: Path, fields: Iterable[str], rows: Iterable[list[object]]) -> None:
    """The whole file at once: no reader sees half of it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(fields)
    writer.writerows(rows)
    half = path.with_name(f".{path.name}")
    half.write_text(text.getvalue(), encoding="utf-8")
    half.replace(path)


def _rows(path: Path, required: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, values) of each row; raises BrokenGuide where the file is no CSV with these columns."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in required if name not in (reader.fieldnames or ())]
            if missing:
                raise BrokenGuide([f"{path.name} line 1: the column {name} is missing" for name in missing])
            for row in reader:
                filled = {key: value for key, value in row.items() if key and not isinstance(value, list)}
                yield reader.line_num, {key: (value or "").strip() for key, value in filled.items()}
    except UnicodeDecodeError as error:
        raise BrokenGuide([f"{path.name}: is not UTF-8 text ({error.reason}); save it as UTF-8"]) from None
    except csv.Error as error:
        raise BrokenGuide([f"{path.name}: is no CSV ({error})"]) from None


def _geojson_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        for number, feature in enumerate(features, 1):
            row = {key: str(value).strip() for key, value in feature["properties"].items() if value is not None}
            geometry = feature.get("geometry") or {}
            if geometry.get("type") == "Point":
                row["lon"], row["lat"] = (str(value) for value in geometry["coordinates"][:2])
            yield number, row
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenGuide([f"{path.name}: is no GeoJSON FeatureCollection ({error})"]) from None


def _read(
    path: Path, rows: Iterable[tuple[int, dict[str, str]]], make: Callable[[dict[str, str]], Row], key: Callable[[Row], str]
) -> tuple[Row, ...]:
    """Values of all rows, or BrokenGuide with everything that is wrong."""
    values: dict[str, Row] = {}
    problems: list[str] = []
    for line, row in rows:
        try:
            value = make(row)
            if key(value) in values:
                raise ValueError(f"{key(value)!r} is there twice")
            values[key(value)] = value
        except ValueError as error:
            problems.append(f"{path.name} line {line}, {error}")
    if problems:
        raise BrokenGuide(problems)
    return tuple(values.values())


def _quarter(row: dict[str, str]) -> Quarter:
    lat, lon = _degrees(row, "lat", 90.0), _degrees(row, "lon", 180.0)
    if not row["name"] or lat is None or lon is None:
        raise ValueError("name, lat, lon: a quarter has a name and a middle")
    return Quarter(row["name"], lat, lon, float(row["error_m"] or 0.0))


def _place(row: dict[str, str]) -> Place:
    place_id, name = row.get("place_id", ""), row.get("name", "")
    if not SLUG.match(place_id):
        raise ValueError(f"place_id: {place_id!r} becomes part of an address: small letters, digits and hyphens only")
    if not name:
        raise ValueError("name: is empty")
    lat, lon = _degrees(row, "lat", 90.0), _degrees(row, "lon", 180.0)
    precision = row.get("precision") or ("unknown" if lat is None else "exact")
    if precision not in PRECISIONS:
        raise ValueError(f"precision: {precision!r} is none of {', '.join(PRECISIONS)}")
    if (lat is None) != (lon is None) or (lat is None) != (precision == "unknown"):
        raise ValueError("lat: lat and lon are both given, or both empty with precision unknown")
    published = row.get("published", "")
    if published not in ("0", "1", ""):
        raise ValueError(f"published: {published!r}; write 1 for published, 0 for a draft")
    error_m = float(row["error_m"]) if row.get("error_m") else {"exact": 30.0, "approximate": 300.0}.get(precision, 1000.0)
    description = {"id": row.get("description_id", ""), "en": row.get("description_en", "")}
    return Place(
        place_id=place_id,
        name=name,
        category=row.get("category") or "other",
        lat=lat,
        lon=lon,
        precision=precision,
        error_m=error_m,
        address=row.get("address", ""),
        kelurahan=row.get("kelurahan", ""),
        description=description,
        opens_s=_time_s(row.get("opens", "")),
        hours=_by_language(row, "hours"),
        fee=_by_language(row, "fee"),
        access=_by_language(row, "access"),
        source=row.get("source", ""),
        checked=_date(row),
        published=published == "1",
    )


def _service(row: dict[str, str]) -> CityService:
    url = row.get("url", "")
    if url and not url.startswith(("http://", "https://", "/")):
        raise ValueError(f"url: {url!r} begins with neither http:// nor https://")
    if not row.get("service_id") or not row.get("name"):
        raise ValueError("name: service_id and name are needed")
    description = {"id": row.get("description_id", ""), "en": row.get("description_en", "")}
    categories, audiences = tuple(row.get("categories", "").split()), tuple(row.get("audiences", "").split())
    return CityService(
        service_id=row["service_id"],
        name=row["name"],
        description=description,
        categories=categories,
        audiences=audiences,
        state=row.get("state", ""),
        url=url,
        last_trace=row.get("last_trace", ""),
        checked=_date(row),
        check_result=row.get("check_result", ""),
    )


def _by_language(row: dict[str, str], name: str) -> dict[str, str]:
    """The languages in which something is said."""
    return {tag: text for tag in ("id", "en") if (text := row.get(f"{name}_{tag}", ""))}


def _photo(row: dict[str, str]) -> Photo:
    if not SLUG.match(row["place_id"]):
        raise ValueError(f"place_id: {row['place_id']!r} is no place's")
    for name in ("width", "height"):
        if not row[name].isdigit() or int(row[name]) == 0:
            raise ValueError(f"{name}: {row[name]!r} is no number of pixels")
    return Photo(
        place_id=row["place_id"],
        credit=row["credit"],
        licence=row["licence"],
        width=int(row["width"]),
        height=int(row["height"]),
    )


def _degrees(row: dict[str, str], name: str, most: float) -> float | None:
    text = row.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name}: {text!r} is no number of degrees") from None
    if not -most <= value <= most:
        raise ValueError(f"{name}: {text} lies outside -{most:.0f}..{most:.0f}")
    return value


def _date(row: dict[str, str]) -> date | None:
    text = row.get("checked", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError(f"checked: {text!r}; write the day as 2026-11-24") from None


def _time_s(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-2]\d:[0-5]\d", text):
        raise ValueError(f"opens: {text!r}; write the time as 16:00")
    return int(text[:2]) * 3600 + int(text[3:]) * 60


def _row_of(place: Place) -> list[object]:
    opens = "" if place.opens_s is None else f"{place.opens_s // 3600:02d}:{place.opens_s // 60 % 60:02d}"
    return [
        place.place_id, place.name, place.category, place.lat, place.lon, place.precision, f"{place.error_m:g}", place.address,
        place.kelurahan, place.description["id"], place.description["en"], opens, place.source, place.checked,
        int(place.published),
        *(values.get(tag, "") for values in (place.hours, place.fee, place.access) for tag in ("id", "en")),
    ]  # fmt: skip
