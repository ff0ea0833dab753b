"""Map, places, itineraries and services as a visitor gets them: by bus, there and back, and nothing made up."""

from __future__ import annotations

import gzip
import json
import re
from datetime import date

import pytest
from PIL import Image

from maps.photos import add_photo
from tests.builders import LOOP, WORKING_DAYS, a_drive, a_guide, a_network, at, every, place
from transit.arrivals.alerts import Alert, Effect, InformedEntity


@pytest.fixture
def client(town):
    town.hear(a_drive(to_m=900)).step()
    return town.client(live_fresh_s=1e6, sample_guide=a_guide(town.folder))


def packed(client, path):
    return client.get(path, headers={"Accept-Encoding": "gzip"})


def test_the_map_lists_its_buses_first_and_weighs_little(client):
    page = packed(client, "/peta")
    text = gzip.decompress(page.data).decode()
    assert text.index("arah Ujung") < text.index('id="map_city"')
    script = re.search(r'src="(/peta/city\.js[^"]*)"', text)[1]
    others = [packed(client, path) for path in (script, "/vendor/leaflet/leaflet.js", "/vendor/leaflet/leaflet.css")]
    assert sum(len(part.data) for part in (page, *others)) <= 60 * 1024
    assert "immutable" in packed(client, script).headers["Cache-Control"]


def test_the_map_script_is_drawn_once_and_shared_through_a_file(client, town):
    script = re.search(r'src="(/peta/city\.js[^"]*)"', client.get("/peta").text)[1]
    content = client.get(script).data
    [path] = (town.folder / "live").glob("map-city-*.js")
    path.write_bytes(content + b"// from the file")
    assert client.get(script).data.endswith(b"// from the file")


def test_no_other_file_of_the_package_is_served(client):
    assert client.get("/vendor/leaflet/../__init__.py").status_code == 404
    assert client.get("/vendor/leaflet/leaflet-src.js").status_code == 404


def test_places_are_listed_with_their_halte_and_next_bus(client):
    text = client.get("/wisata").text
    row = text[text.index("<b>Tugu</b>") :].split("</li>")[0]
    assert "Halte Halte S2" in row
    assert "bus berikutnya" in row
    assert "Pool" not in text  # a draft
    assert "Rumah Sakit</b>" not in text  # not a sight
    assert "Rumah Sakit</b>" in client.get("/wisata?kategori=hospital").text


def test_a_place_that_nobody_can_place_is_listed_and_says_so(client):
    text = client.get("/wisata").text
    assert "letak belum diketahui" in text[text.index("<b>Balai</b>") :].split("</li>")[0]
    page = client.get("/wisata/balai").text
    assert "tidak ada di peta" in page
    assert "map_city" not in page


def test_only_places_on_a_route_are_left_by_the_filter(client):
    text = client.get("/wisata?rute=1").text
    assert "<b>Tugu</b>" in text
    assert "<b>Balai</b>" not in text


def test_the_last_bus_is_told(client, town):
    assert "bus terakhir hari ini sekitar 08.0" in client.get("/wisata/tugu").text
    town.now = at(9)


def test_schema_org_has_a_position_only_where_it_is_one(client):
    def markup(slug):
        return json.loads(re.search(r'ld\+json">(.*?)</script>', client.get(f"/wisata/{slug}").text)[1])

    assert markup("tugu")["geo"]["@type"] == "GeoCoordinates"
    assert "geo" not in markup("pasar")
    assert client.get("/wisata/pool").status_code == 404


def a_tour(town, hour: int, query: str = "") -> str:
    town.step(at(hour))
    return town.client(sample_guide=a_guide(town.folder)).get(f"/wisata/rute/jalan{query}").text


def test_a_tour_starts_now_and_warns_of_closed_doors(town):
    text = a_tour(town, 7)
    assert text.index("1. <a") < text.index("2. <a")
    assert "sekitar 07.00 sampai 07.30" in text
    assert "Baru buka setelah jam itu" in text


def test_a_tour_takes_the_bus_that_the_planner_takes(town):
    text = a_tour(town, 7, "?jam=07.20")
    assert "sekitar 07.20 sampai 07.50" in text
    assert "Jalan 1 mnt ke Halte S2. <b>08.02</b>" in text, (
        "the next bus after the stay, with less of a walk than to the halte before"
    )
    assert "Jalan 2 mnt ke Pasar." in text


def test_a_tour_after_the_last_bus_says_that_it_is_all_on_foot(town):
    assert "Bus terakhir sudah berangkat sebelum itu: seluruh tur ini jalan kaki. Bus jalan lagi Selasa 07.00." in a_tour(
        town, 9
    )
    assert "seluruh tur ini jalan kaki" not in a_tour(town, 7)


def test_a_place_and_a_tour_carry_the_notices_of_their_stops(town):
    informed = (InformedEntity(route_id="R1"),)
    town.tell(Alert("A1", {"id": "Jalan ditutup"}, informed, at(6), at(12), effect=Effect.NO_SERVICE)).step(at(7))
    client = town.client(sample_guide=a_guide(town.folder))
    assert "Jalan ditutup" in client.get("/wisata/tugu").text
    assert "Jalan ditutup" in client.get("/wisata/rute/jalan").text
    assert "Jalan ditutup" not in client.get("/wisata/balai").text, "nobody knows where it lies"


def test_a_tour_that_no_bus_brings_back_says_so_in_place_of_a_walk_of_hours(town):
    text = a_tour(town, 7, "?jam=08.10")
    assert "Jalan kaki sekitar 36 mnt" in text
    assert "masih sebelum bus terakhir" not in text


def test_on_a_day_without_service_there_is_no_tour_and_the_next_day_is_named(city):
    city.load(a_network(weekdays=WORKING_DAYS)).step(at(9, day=date(2026, 11, 28)))
    text = city.client(sample_guide=a_guide(city.folder)).get("/wisata/rute/jalan").text
    assert "tidak ada bus: tur ini tidak bisa dijalani. Bus jalan lagi Senin 07.00." in text
    assert "1. <a" in text, "the places stand there all the same"
    assert "sekitar 09.00" not in text
    assert '<a class="button" href="?hari=20261130">Tur pada Senin 30 November</a>' in text
    text = city.client(sample_guide=a_guide(city.folder)).get("/wisata/rute/jalan?hari=20261130").text
    assert "sekitar 07.00 sampai 07.30" in text, "another day: when the guide says"


def test_a_tour_that_goes_round_says_when_one_is_back_and_that_a_bus_still_goes(city):
    city.load(a_network(LOOP, headway=every(10))).step(at(8))
    folder, corners = a_guide(city.folder), (place(0, 0), place(1000, 1000))
    (folder / "places.csv").write_text(
        "place_id,name,category,lat,lon,precision,error_m,published\n"
        + "".join(f"p{n},P{n},monument,{lat},{lon},exact,30,1\n" for n, (lat, lon) in enumerate(corners))
    )
    (folder / "itineraries.csv").write_text(
        "itinerary_id,name_id,name_en,starts,order,place_id,stay_min\nputar,Putar,Round,08:00,1,p0,10\nputar,Putar,Round,08:00,2,p1,10\n"
    )
    text = city.client(sample_guide=folder).get("/wisata/rute/putar").text
    assert "Kembali ke P0" in text
    assert "masih sebelum bus terakhir sekitar" in text
    assert 'data-tour="' in text
    assert 'src="/wisata/rute/putar.svg"' in text, "a phone has its map too"
    svg = city.client(sample_guide=folder).get("/wisata/rute/putar.svg").text
    assert re.findall(r'<rect class="n"[^>]+/><text[^>]+>([^<]+)<', svg) == ["1", "2"]
    assert city.client(sample_guide=folder).get("/wisata/rute/none").status_code == 404


def test_places_of_a_tour_at_one_position_share_a_number_and_those_of_unknown_position_have_none(city):
    city.load(a_network(LOOP, headway=every(10))).step(at(8))
    folder, (lat, lon) = a_guide(city.folder), place(1000, 1000)
    rows = (
        f"p0,{place(0, 0)[0]},{place(0, 0)[1]},exact",
        "p1,,,unknown",
        f"p2,{lat},{lon},kelurahan",
        f"p3,{lat},{lon},kelurahan",
    )
    (folder / "places.csv").write_text(
        "place_id,lat,lon,precision,name,category,error_m,published\n" + "".join(f"{row},P,monument,30,1\n" for row in rows)
    )
    (folder / "itineraries.csv").write_text(
        "itinerary_id,name_id,name_en,starts,order,place_id,stay_min\n"
        + "".join(f"putar,Putar,Round,08:00,{n},p{n},10\n" for n in range(4))
    )
    text = city.client(sample_guide=folder).get("/wisata/rute/putar").text
    assert [row.split(",")[2] for row in re.search(r'data-tour="([^"]+);"', text)[1].split(";")] == ["1", "3·4"]


def test_services_link_only_what_answered(client):
    text = client.get("/layanan").text
    assert 'href="https://example.org/ok"' in text
    assert 'href="https://example.org/kantor"' not in text
    assert "https://example.org/kantor" in text
    assert "Alamat belum diketahui (1)" in text
    assert text.index("eKantor</b>") < text.index("Alamat belum diketahui") < text.index("eDokter</b>"), "in one list, last"


def test_services_are_found_by_what_somebody_needs(client):
    text = client.get("/layanan").text
    assert '<a href="/layanan?perlu=berobat">Berobat</a>' in text
    assert "perlu=izin" not in text, "nothing here gives a permit"
    text = client.get("/layanan?perlu=berobat").text
    assert "eDokter</b>" in text
    assert "eKantor</b>" not in text


@pytest.mark.parametrize(("asked", "found"), [("q=pasien", "eDokter"), ("untuk=offices", "eKantor")])
def test_services_are_found_by_words_and_by_audience(client, asked, found):
    text = client.get(f"/layanan?{asked}").text
    assert found in text
    assert "Situs</b>" not in text


def test_without_a_guide_the_pages_say_so(town):
    town.step()
    client = town.client(live_fresh_s=1e6)
    assert "Belum ada yang mengisi tempat" in client.get("/wisata").text
    assert "Belum ada yang mengisi layanan" in client.get("/layanan").text


def test_a_guide_of_another_city_is_not_shown(town):
    folder = a_guide(town.folder)
    rows = (folder / "places.csv").read_text().replace(",98.5", ",12.5")
    (folder / "places.csv").write_text(rows)
    town.step()
    assert "Belum ada yang mengisi tempat" in town.client(live_fresh_s=1e6, sample_guide=folder).get("/wisata").text


def test_an_operators_own_guide_comes_first_and_an_edit_shows_at_once(client, town):
    own = town.folder / "guide"
    a_guide(town.folder).rename(own)
    (own / "places.csv").write_text((own / "places.csv").read_text().replace(",Tugu,", ",Tugu Baru,"))
    assert "<b>Tugu Baru</b>" in client.get("/wisata").text


def test_the_map_to_print_is_a_pdf(client):
    assert client.get("/wisata/peta.pdf").data.startswith(b"%PDF")


def test_a_configured_tile_server_is_the_only_other_origin_a_map_page_may_load_from(town):
    town.step()
    client = town.client(live_fresh_s=1e6, tile_url="https://{s}.tiles.example.org/{z}/{x}/{y}.png")
    assert "https://*.tiles.example.org" in client.get("/peta").headers["Content-Security-Policy"]
    assert "tiles" not in client.get("/halte/S5").headers["Content-Security-Policy"]
    script = re.search(r'src="(/peta/city\.js[^"]*)"', client.get("/peta").text)[1]
    assert "tiles.example.org" in client.get(script).text


@pytest.mark.parametrize("path", ["/wisata", "/wisata/tugu", "/peta"])
def test_without_javascript_a_map_is_the_drawn_picture_and_no_empty_slab(client, path):
    html = client.get(path).text
    assert "<noscript><style>.map[role]{display:none}</style></noscript>" in html
    assert '<img class="map" src="/peta.svg"' in html


@pytest.mark.parametrize("start", ["S0", "halte:S0", "Halte S0", "tempat:pasar"])
def test_an_old_address_with_a_start_leads_to_the_planner(client, start):
    answer = client.get("/wisata/tugu", query_string={"dari": start})
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"]).text
    if start == "tempat:pasar":
        assert "Hari itu sudah tidak ada bus dari Pasar ke Tugu" in page, "the line runs one way only"
    else:
        assert "Halte S0 ke Tugu</h1>" in page


def test_minutes_on_foot_are_a_span_where_the_position_is_not_good(client):
    assert "jalan kaki 1 mnt" in client.get("/wisata/tugu").text
    assert re.search(r"jalan kaki 1 sampai \d+ mnt", client.get("/wisata/pasar").text)


def test_about_is_explained_once_and_then_an_icon(client):
    text = client.get("/wisata").text
    assert text.count("letaknya di sekitar yang disebut") == 1
    row = text[text.index("<b>Pasar</b>") :].split("</li>")[0]
    assert 'aria-label="letak perkiraan"' in row
    assert "sekitar" not in row
    assert "letak perkiraan" not in text[text.index("<b>Tugu</b>") :].split("</li>")[0]


def test_hours_fee_and_access_stand_where_a_source_says_them_and_nowhere_else(client, town):
    assert "<table>" not in client.get("/wisata/tugu").text
    path = town.folder / "sample-guide" / "places.csv"
    rows = path.read_text().splitlines()
    rows[0] += ",hours_id,fee_id,fee_en"
    rows[1] += ",Setiap hari 08.00-17.00,Gratis,Free"
    path.write_text("\n".join(rows) + "\n")
    text = client.get("/wisata/tugu").text
    assert '<th scope="row">Buka</th><td>Setiap hari 08.00-17.00</td>' in text
    assert '<th scope="row">Biaya</th><td>Gratis</td>' in text
    assert "Akses</th>" not in text
    assert "<td>Free</td>" in client.get("/wisata/tugu?lang=en").text
    assert "<table>" not in client.get("/wisata/pasar").text


def test_a_place_has_its_photo_with_credit_and_licence_or_drawn_art(client, town):
    folder = town.folder / "sample-guide"
    assert 'class="art"' in client.get("/wisata/tugu").text
    assert client.get("/wisata/foto/tugu.webp").status_code == 404
    source = folder / "photo.png"
    Image.radial_gradient("L").resize((900, 700)).convert("RGB").save(source)
    add_photo(folder, "tugu", source, "A. Sitepu", "CC-BY-4.0")
    text = client.get("/wisata/tugu").text
    assert 'class="art"' not in text
    assert "Foto: A. Sitepu, CC-BY-4.0" in text
    for suffix in ("avif", "webp"):
        [address] = re.findall(rf'"(/wisata/foto/tugu\.{suffix}\?v=\w+)"', text)
        answer = client.get(address)
        assert answer.mimetype == f"image/{suffix}"
        assert len(answer.data) <= 25_000
    assert 'loading="lazy"' in text
    row = client.get("/wisata").text.split("<b>Tugu</b>")[0].rsplit("<li>", 1)[1]
    assert "/wisata/foto/tugu.webp" in row
    assert client.get("/wisata/foto/pool.webp").status_code == 404, "a draft"
