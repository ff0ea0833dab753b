"""A place's photo: small enough for a slow network, upright, and without what the camera wrote into it."""

from __future__ import annotations

import io
import shutil
from random import Random

import pytest
from PIL import Image

from maps.guide_files import import_places, load_guide
from maps.photo_files import FORMATS, photo_path
from maps.photos import PHOTO_BYTES, BrokenPhoto, add_photo
from tests.builders import a_guide


@pytest.fixture
def folder(tmp_path):
    return a_guide(tmp_path)


def a_camera_file(folder, size=(1600, 1200), noise=False):
    """A JPEG with a position in its EXIF, held upright by a flag; noise: hardest to make small."""
    picture = Image.effect_noise(size, 90).convert("RGB") if noise else Image.radial_gradient("L").resize(size).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    exif.get_ifd(0x8825)[2] = (3.0, 36.0, 0.0)  # GPS latitude
    path = folder / f"camera-{Random(len(list(folder.iterdir()))).random()}.jpg"
    picture.save(path, exif=exif, quality=92)
    return path


@pytest.mark.parametrize("noise", [False, True])
def test_a_camera_file_becomes_two_small_pictures_of_one_size_upright_and_without_its_position(folder, noise):
    sizes = add_photo(folder, "tugu", a_camera_file(folder, noise=noise), "A. Sitepu", "CC-BY-4.0")
    assert set(sizes) == set(FORMATS)
    photo = load_guide(folder).photo("tugu")
    assert (photo.credit, photo.licence) == ("A. Sitepu", "CC-BY-4.0")
    for suffix in FORMATS:
        content = photo_path(folder, "tugu", suffix).read_bytes()
        assert len(content) == sizes[suffix] <= PHOTO_BYTES
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.size == (photo.width, photo.height)
            assert picture.height > picture.width, "upright"
            assert not dict(picture.getexif())


def test_another_picture_takes_the_place_of_the_first_and_leaves_others(folder):
    for place_id, credit in (("tugu", "A"), ("pasar", "B"), ("tugu", "C")):
        add_photo(folder, place_id, a_camera_file(folder), credit, "CC0")
    assert sorted((photo.place_id, photo.credit) for photo in load_guide(folder).photos) == [("pasar", "B"), ("tugu", "C")]


@pytest.mark.parametrize(
    ("place_id", "credit", "licence", "why"),
    [("nowhere", "A", "CC0", "No place"), ("tugu", " ", "CC0", "credit and licence"), ("tugu", "A", "", "credit and licence")],
)
def test_a_picture_of_no_place_or_without_credit_and_licence_is_refused(folder, place_id, credit, licence, why):
    with pytest.raises(BrokenPhoto, match=why):
        add_photo(folder, place_id, a_camera_file(folder), credit, licence)
    assert not (folder / "photos").exists()


def test_a_file_that_is_no_picture_or_far_too_large_is_refused(folder, tmp_path):
    text = tmp_path / "note.jpg"
    text.write_text("no picture")
    bomb = tmp_path / "bomb.png"
    Image.new("1", (30_000, 3_000)).save(bomb)
    for source, why in ((text, "cannot be read"), (bomb, "million pixels")):
        with pytest.raises(BrokenPhoto, match=why):
            add_photo(folder, "tugu", source, "A", "CC0")


def test_hours_fee_and_access_come_from_the_file_and_survive_an_import(folder, tmp_path):
    rows = (folder / "places.csv").read_text(encoding="utf-8").splitlines()
    rows[0] += ",hours_id,hours_en,fee_id,access_id"
    rows[1] += ",Selasa-Minggu 08.00-16.00,Tue-Sun 8-16,Gratis,Pintu masuk tanpa tangga"
    source = tmp_path / "own.csv"
    source.write_text("\n".join(rows) + "\n", encoding="utf-8")
    own = tmp_path / "own"
    shutil.copytree(folder, own)
    import_places(source, own)
    tugu, pasar = (load_guide(own).place(place_id) for place_id in ("tugu", "pasar"))
    assert tugu.hours == {"id": "Selasa-Minggu 08.00-16.00", "en": "Tue-Sun 8-16"}
    assert (tugu.fee, tugu.access) == ({"id": "Gratis"}, {"id": "Pintu masuk tanpa tangga"})
    assert (pasar.hours, pasar.fee, pasar.access) == ({}, {}, {})
