"""A place's photo: from the operator's file to two small pictures of our own origin, without what the camera wrote into it."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from maps.guide import Photo
from maps.guide_files import load_guide, write_photos
from maps.photo_files import FOLDER, FORMATS, photo_path

PHOTO_BYTES = 25_000  # of either: two seconds on a slow phone network
LARGEST = (720, 540)  # pixels: twice what a phone's page is wide
SOURCE_BYTES = 40_000_000  # of a camera's file
SOURCE_PIXELS = 60_000_000  # beyond it decoding takes more memory than a small server has
QUALITIES = (70, 60, 50, 40, 30)
SMALLER = 0.8  # where no quality is small enough, so much narrower


class BrokenPhoto(Exception):
    """The file cannot be shown; the message says why."""


def add_photo(folder: Path, place_id: str, source: Path, credit: str, licence: str) -> dict[str, int]:
    """Makes the pictures and notes whose they are; returns bytes by format. Raises BrokenPhoto, BrokenGuide."""
    guide = load_guide(folder)
    if not any(place.place_id == place_id for place in guide.places):
        raise BrokenPhoto(f"No place is called {place_id!r}; places.csv has the names.")
    if not credit.strip() or not licence.strip():
        raise BrokenPhoto("A picture needs credit and licence: whose it is, and under which it may be shown.")
    picture = _read(source)
    made, size = _small(picture)
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for suffix, content in made.items():
        path = photo_path(folder, place_id, suffix)
        half = path.with_name(f".{path.name}")
        half.write_bytes(content)
        os.replace(half, path)
    photo = Photo(place_id=place_id, credit=credit.strip(), licence=licence.strip(), width=size[0], height=size[1])
    write_photos(folder, [*(old for old in guide.photos if old.place_id != place_id), photo])
    return {suffix: len(content) for suffix, content in made.items()}


def _read(source: Path) -> Image.Image:
    """The picture upright, in plain colours, as large as it is shown at most."""
    if source.stat().st_size > SOURCE_BYTES:
        raise BrokenPhoto(f"{source} is larger than {SOURCE_BYTES // 1_000_000} MB.")
    try:
        with Image.open(source) as opened:
            if opened.width * opened.height > SOURCE_PIXELS:
                raise BrokenPhoto(f"{source} has more than {SOURCE_PIXELS // 1_000_000} million pixels.")
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise BrokenPhoto(f"{source} cannot be read as a picture: {error}") from None
    upright.thumbnail(LARGEST)
    return upright


def _small(picture: Image.Image) -> tuple[dict[str, bytes], tuple[int, int]]:
    """(bytes by format, pixels): the finest that fits; both formats are of one size."""
    while True:
        made = {suffix: content for suffix in FORMATS if (content := _encoded(picture, suffix)) is not None}
        if len(made) == len(FORMATS):
            return made, picture.size
        picture = picture.resize((max(1, int(picture.width * SMALLER)), max(1, int(picture.height * SMALLER))))


def _encoded(picture: Image.Image, suffix: str) -> bytes | None:
    """None where even the coarsest is too large."""
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)  # its pixels and nothing else
    for quality in QUALITIES:
        out = io.BytesIO()
        clean.save(out, format=suffix.upper(), quality=quality)
        if out.tell() <= PHOTO_BYTES:
            return out.getvalue()
    return None
