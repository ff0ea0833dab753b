"""The pages in a real browser: nothing from elsewhere, nothing that axe objects to, times that count down."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.builders import MONDAY, STRAIGHT, Way, a_city, a_drive, a_guide, at, place
from tests.conftest import until
from transit.quality.performance import DayFigures, HourFigures
from transit.store.database import writing
from transit.store.service_days import save_day

pytestmark = pytest.mark.slow
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}
PAGES = [
    "/",
    "/halte/S5",
    "/halte/S2",
    "/rute?dari=Halte+S0&ke=Halte+S6",
    "/koridor/R1",
    "/perjalanan/T1/20261123?halte=S6",
    "/armada",
    "/armada/pengumuman",
    "/privasi",
    "/api",
    "/embed?halte=S5",
    "/embed/halte/S5",
    "/embed/koridor/R1",
    "/layar/S5",
    "/lapor?halte=S5",
    "/armada/laporan",
    "/armada/serah-terima",
    "/armada/penugasan",
    "/armada/gangguan?rute=R1",
    "/armada/pelacak",
    "/armada/setelan",
    "/armada/orang",
    "/armada/catatan",
    "/armada/pengumuman?contoh=flood",
    "/masuk",
    "/offline",
    "/jadwal/R1",
    "/peta",
    "/wisata",
    "/wisata/tugu",
    "/wisata/pasar",
    "/wisata/rute/jalan",
    "/layanan",
    "/jangkauan?dari=halte:S1",
    "/halte/nowhere",
]


def comes_true(page, expression):
    """Waits for it; Playwright's wait_for_function evaluates its string in the page, which our content policy forbids."""
    until(lambda: page.evaluate(expression))


@pytest.fixture
def address(town, serve):
    town.hear(a_drive(to_m=1800)).step()
    return serve(town.app(live_fresh_s=1e6, sample_guide=a_guide(town.folder)))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_no_request_leaves(chromium, address, path, scheme):
    context = chromium.new_context(viewport=PHONE, color_scheme=scheme)
    page = context.new_page()
    asked, wrong = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.goto(address + path, wait_until="networkidle")
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert [text for text in wrong if "404" not in text] == [], "the policy let everything of ours through"
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], "nothing is wider than the phone"
    context.close()


@pytest.mark.parametrize("path", PAGES[:-2])
def test_at_320_pixels_and_on_a_desk_nothing_runs_over(chromium, address, path):
    for viewport in ({"width": 320, "height": 600}, DESKTOP):
        context = chromium.new_context(viewport=viewport)
        page = context.new_page()
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        context.close()


FIRST_LINES = [
    "/", "/halte/P2000_0", "/rute", "/rute?dari=halte:P0_0&ke=halte:P2000_2000", "/koridor/Biru", "/peta", "/wisata",
    "/wisata/tugu", "/wisata/rute/jalan", "/jangkauan?dari=halte:P0_0", "/layanan", "/lapor?halte=P0_0", "/privasi", "/api",
]  # fmt: skip
FIRST_LINE = """() => {  // where the first text stands that is no heading and no label, and what it is
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const text = node.textContent.trim();
    if (!text || node.parentElement.closest(".vh, h1, script, style, noscript, option")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (box.height > 0 && box.top >= 0) return [box.top, text];
  }
  return [10000, "nothing"];
}"""
CUT_OFF = """() => [...document.querySelectorAll("main *, header.top *")].filter(el => {
  const box = el.getBoundingClientRect(), style = getComputedStyle(el);
  if (!box.width || el.closest(".vh, .map, .scroll, .skip, input, select, svg")) return false;
  return box.right > innerWidth + 1 || (style.overflowX !== "visible" && el.scrollWidth > el.clientWidth + 1);
}).map(el => el.tagName + "." + el.className + ": " + el.textContent.trim().slice(0, 40))"""
SYLLABLES = """() => [...document.querySelectorAll("main *, header.top *")]
  .filter(el => !el.closest(".vh, .map, .skip, svg, option"))
  .flatMap(el => [...el.childNodes].filter(node => node.nodeType === 3 && node.textContent.trim()))
  .map(node => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const lines = new Set([...range.getClientRects()].map(box => Math.round(box.top))).size;
    return [lines, node.textContent.trim()];
  }).filter(([lines, text]) => lines > text.split(/[\\s-]+/).length + 1).map(String)"""


@pytest.mark.parametrize("path", [path for path in PAGES if not path.startswith("/layar")])
def test_with_text_twice_as_large_at_320_pixels_nothing_is_cut_off(chromium, address, path):
    context = chromium.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(address + path)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(SYLLABLES) == []
    context.close()


def test_a_row_that_was_live_says_so_no_more_without_a_connection(chromium, address):
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(address + "/halte/S5")
    assert page.inner_text(".st.live >> nth=0") == "Langsung"
    context.set_offline(True)
    page.wait_for_selector("body.offline")
    assert page.inner_text(".st.live >> nth=0") == "Tidak tersambung"
    note = page.locator("#fresh").bounding_box()
    assert note["y"] + note["height"] <= PHONE["height"], "on the screen, without scrolling"
    context.set_offline(False)
    page.wait_for_selector("body:not(.offline)")
    assert page.inner_text(".st.live >> nth=0") == "Langsung"
    context.close()


def test_the_popup_of_a_place_lies_within_its_map(chromium, address):
    context = chromium.new_context(viewport=PHONE, color_scheme="dark")
    page = context.new_page()
    page.goto(address + "/wisata/tugu", wait_until="networkidle")
    outer, popup, zoom = (page.locator(css).bounding_box() for css in ("#map_city", ".leaflet-popup", ".leaflet-control-zoom"))
    assert outer["x"] <= popup["x"]
    assert popup["x"] + popup["width"] <= outer["x"] + outer["width"]
    assert popup["y"] + popup["height"] <= zoom["y"] or popup["x"] + popup["width"] <= zoom["x"]
    assert page.inner_text(".leaflet-popup a[href^='/wisata']") == "Tentang tempat ini"
    context.close()


TOUCHING = """() => [...document.querySelectorAll(".card")].flatMap(card => {  // words that lie on the border of their card
  const edge = card.getBoundingClientRect(), found = [];
  const walker = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const within = node.parentElement, range = document.createRange();
    if (!node.textContent.trim() || !within.checkVisibility() || within.closest("svg, option, .vh, .scroll")) continue;
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (box.width > 1 && (box.left < edge.left + 6 || box.right > edge.right - 4)) found.push(node.textContent.trim());
  }
  return found;
})"""


def test_no_words_touch_the_edge_of_their_card(chromium, town, address):
    hour = HourFigures(day=MONDAY, route_id="R1", direction_id=None, side=0, hour=7, coverage=1.0, trips=2)
    with writing(town.engine) as connection:
        save_day(connection, MONDAY, DayFigures([hour], []), network_version=town.version, now=town.now)
    town.now = at(9) + timedelta(days=1)
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    verdict = "/armada/putar?t=2026-11-23T07:02:00&halte=S2"
    for path in [*PAGES, "/kinerja", verdict]:
        page.goto(address + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert page.evaluate(TOUCHING) == [], path
        if path == "/kinerja":
            assert "Tidak ada perjalanan yang direncanakan" in page.inner_text(".card")
    assert "Sesudah:" in page.inner_text("section.card"), "the verdict names a passage"
    context.close()


STREET = """() => Object.values(map_city._layers).filter(layer => layer.feature && layer.feature.properties.name === "Jl. Uji")
  .map(layer => layer.options.color)"""


@pytest.mark.parametrize(("scheme", "ink"), [("light", "#ffffff"), ("dark", "#37453e")])
def test_a_street_of_the_guide_is_not_the_brightest_line_of_a_dark_map(chromium, town, serve, scheme, ink):
    guide = a_guide(town.folder)
    ends = [place(0.0, 500.0), place(2000.0, 500.0)]
    line = {"type": "LineString", "coordinates": [[lon, lat] for lat, lon in ends]}
    street = {"type": "Feature", "properties": {"kind": "road", "name": "Jl. Uji"}, "geometry": line}
    (guide / "ground.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [street]}), encoding="utf-8")
    context = chromium.new_context(viewport=PHONE, color_scheme=scheme)
    page = context.new_page()
    page.goto(serve(town.app(sample_guide=guide)) + "/peta", wait_until="networkidle")
    assert page.evaluate(STREET) == [ink]
    context.close()


@pytest.mark.parametrize(("motion", "seconds"), [("no-preference", "4s"), ("reduce", "0s")])
def test_a_bus_glides_from_fix_to_fix_on_the_map_unless_the_phone_asks_for_less_motion(chromium, address, motion, seconds):
    context = chromium.new_context(viewport=PHONE, reduced_motion=motion)
    page = context.new_page()
    page.goto(address + "/peta", wait_until="networkidle")
    bus = page.locator("#map_city .busicon").first
    bus.wait_for()
    comes_true(page, "document.getElementById('map_city').classList.contains('glide')")
    assert bus.evaluate("bus => getComputedStyle(bus).transitionDuration") == seconds
    context.close()


def test_targets_are_large_enough_for_a_thumb(chromium, address):
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    for path in PAGES[:5]:
        page.goto(address + path)
        small = page.evaluate(
            """() => [...document.querySelectorAll('main a, main button, main summary, header a, body > footer a')]
            .filter(e => e.checkVisibility() && !e.closest('p') && e.getBoundingClientRect().height < 44)
            .map(e => e.outerHTML.slice(0, 90))"""
        )
        assert small == [], path
    context.close()


def test_the_first_view_of_a_stop_is_light(chromium, address):
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    sizes = []
    page.on("response", lambda response: sizes.append((response.url, response.request.sizes()["responseBodySize"])))
    page.goto(address + "/halte/S5", wait_until="networkidle")
    html = next(size for url, size in sizes if url.endswith("/halte/S5"))
    assert 0 < html <= 14 * 1024
    assert sum(size for _, size in sizes) <= 30 * 1024, "with what is kept for when there is no connection"
    ours = [url for url, _ in sizes if "/sw.js" not in url and "/offline" not in url and "manifest" not in url]
    assert len(set(ours)) <= 6, "the page, its picture, and what waits until it is read: a sheet, three scripts"
    context.close()


def test_minutes_count_down_by_the_servers_clock_though_the_phones_is_wrong(chromium, address, town):
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    page.clock.install(time=town.now + timedelta(hours=5))
    page.goto(address + "/halte/S5")
    page.clock.run_for(2000)
    assert page.inner_text(".row .when b") == "1 mnt"
    assert page.inner_text("[data-age]") == "2 dtk lalu"
    page.clock.run_for(9000)
    assert page.inner_text("[data-age]") == "11 dtk lalu"
    context.close()


def test_the_live_part_is_swapped_when_something_happened(chromium, address, town):
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    page.clock.install(time=town.now)
    page.goto(address + "/halte/S5")
    assert "Baru lewat" not in page.inner_text("main")
    town.hear(a_drive(from_m=1860, to_m=2700, start=town.now + timedelta(seconds=10)))
    town.step(town.now + timedelta(seconds=150))
    with page.expect_response(lambda response: "part=arrivals" in response.url) as swapped:
        page.clock.run_for(16000)
    assert swapped.value.status == 200
    until(lambda: "Baru lewat" in page.inner_text("main"))
    context.close()


def test_without_a_connection_the_page_says_how_old_it_is(chromium, address, town):
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    page.clock.install(time=town.now)
    page.goto(address + "/halte/S5")
    context.set_offline(True)
    page.clock.run_for(90_000)
    until(lambda: "Tidak ada sambungan" in page.inner_text("#fresh"))
    context.close()


def test_a_stop_that_is_kept_is_on_the_home_page(chromium, address):
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(address + "/halte/S5")
    page.click("#fav")
    page.goto(address + "/")
    assert page.inner_text("[data-stop=S5] h2") == "Halte S5"
    assert page.inner_text("[data-stop=S5] .is-live") == "1 mnt"
    context.close()


def test_the_page_is_complete_without_javascript(chromium, address):
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "/halte/S5")
    assert page.inner_text(".row .when b") == "1 mnt"
    context.close()


def test_without_a_connection_a_page_just_seen_is_shown_with_its_age_and_an_old_one_is_not(chromium, address, town):
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(address + "/halte/S5")
    page.evaluate("navigator.serviceWorker.ready")
    comes_true(page, "navigator.serviceWorker.controller !== null")
    page.reload(wait_until="networkidle")
    comes_true(page, "caches.match(location.href).then(Boolean)")
    context.set_offline(True)
    page.reload()
    assert page.inner_text("h1") == "Halte S5"
    assert page.get_attribute("#part", "data-kept") is not None
    page.goto(address + "/halte/S3")
    assert page.url.endswith("/offline#h-S3")
    assert "Tidak ada sambungan" in page.inner_text("h1")
    context.close()


def test_stops_near_me_are_found_on_the_phone(chromium, address):
    lat, lon = place(1010.0, 0.0)
    context = chromium.new_context(viewport=PHONE, permissions=["geolocation"], geolocation={"latitude": lat, "longitude": lon})
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address + "/")
    page.wait_for_selector("[data-stop] small:has-text('jalan kaki')")
    assert page.inner_text("[data-stop] >> nth=0").split("\n")[0] == "Halte S2", "the nearest first"
    assert address + "/?part=now&s=S1&s=S2&s=S3" in asked, "in no order"
    assert not [url for url in asked if str(lat)[:6] in url or str(lon)[:6] in url], "the position is in no address"
    context.close()


def test_who_asked_to_be_woken_is_woken_by_the_early_bound(chromium, address, town):
    town.hear(a_drive(start=at(8), to_m=120, vehicle_id="BUS2")).step(at(8, 0, 20))
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    page.clock.install(time=town.now)
    page.goto(address + "/halte/S7")
    assert page.inner_text(".wake") == "Bangunkan saat 5 mnt lagi"
    page.click(".wake")
    assert page.inner_text(".wake") == "Batal bangunkan"
    assert page.is_hidden("#bell")
    town.hear(a_drive(from_m=180, to_m=1800, start=at(8, 0, 30), vehicle_id="BUS2"))
    town.step(at(8, 5))
    with page.expect_response(lambda response: "part=arrivals" in response.url):
        page.clock.run_for(16000)
    page.clock.run_for(2000)
    page.wait_for_selector("#bell:not([hidden])")
    assert page.inner_text("#bell") == "Bus Anda mungkin tiba 5 menit lagi."
    context.close()


def test_who_rides_is_woken_when_the_bus_has_left_the_stop_before(chromium, address, town):
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    page.clock.install(time=town.now)
    page.goto(address + "/perjalanan/T1/20261123?halte=S6")
    assert page.input_value("#off") == "7"
    page.click("#getoff button")
    page.clock.run_for(2000)
    assert page.is_hidden("#bell"), "the bus has two stops to go"
    town.hear(a_drive(from_m=1860, to_m=2640, start=town.now + timedelta(seconds=10)))
    town.step(town.now + timedelta(seconds=140))
    with page.expect_response(lambda response: "part=calls" in response.url):
        page.clock.run_for(16000)
    page.clock.run_for(2000)
    page.wait_for_selector("#bell:not([hidden])")
    assert page.inner_text("#bell") == "Turun di halte berikutnya."
    context.close()


def test_without_a_connection_the_page_is_in_the_language_that_was_read_last(chromium, address):
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(address + "/halte/S5?lang=id", wait_until="networkidle")
    page.evaluate("navigator.serviceWorker.ready")
    comes_true(page, "navigator.serviceWorker.controller !== null")
    for tag, heading in (("en", "No connection"), ("id", "Tidak ada sambungan")):
        page.goto(f"{address}/halte/S5?lang={tag}", wait_until="networkidle")
        comes_true(page, f"caches.match('/offline/language').then(kept => kept && kept.text()).then(text => text === '{tag}')")
        context.set_offline(True)
        page.goto(address + "/halte/S3")
        assert page.url.endswith("/offline#h-S3")
        assert page.inner_text("h1") == heading
        context.set_offline(False)
    context.close()


def test_keeping_pages_for_later_changes_no_language(chromium, address):
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(address + "/halte/S5?lang=en", wait_until="networkidle")
    page.evaluate("navigator.serviceWorker.ready")
    assert [cookie["value"] for cookie in context.cookies() if cookie["name"] == "lang"] == ["en"]
    context.close()


def test_no_page_with_times_is_shown_when_it_is_old(chromium, address):
    """Ten minutes later a plan is none any more; a page without times is shown all the same."""
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(address + "/", wait_until="networkidle")
    page.evaluate("navigator.serviceWorker.ready")
    comes_true(page, "navigator.serviceWorker.controller !== null")
    for path in ("/rute?dari=S0&ke=S5", "/layanan"):
        page.goto(address + path, wait_until="networkidle")
        comes_true(page, f"caches.match('{path}').then(Boolean)")
    age = """async () => {
      const cache = await caches.open("kept-2");
      for (const request of await cache.keys()) {
        const kept = await cache.match(request), headers = new Headers(kept.headers);
        if (!headers.has("X-Kept")) continue;
        headers.set("X-Kept", String(Date.now() - 11 * 60 * 1000));
        await cache.put(request, new Response(await kept.blob(), {headers}));
      }
    }"""
    page.evaluate(age)
    context.set_offline(True)
    page.goto(address + "/rute?dari=S0&ke=S5")
    assert page.inner_text("h1") == "Tidak ada sambungan"
    page.goto(address + "/layanan")
    assert page.inner_text("h1") == "Layanan kota"
    context.close()


def test_badges_are_of_one_width_and_the_first_line_is_near_the_top(chromium, city, serve, tmp_path):
    """A useful line within 300 px of the top at 360x740 on every page of riders."""
    ways = [Way("Biru", STRAIGHT, (25200, 28800)), Way("Lingkar", [(2000.0, -2000.0), (2000.0, 2000.0)], (25800,))]
    city.load(a_city(*ways)).step(at(7))
    address = serve(city.app(live_fresh_s=1e6, sample_guide=a_guide(tmp_path)))
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    for path in FIRST_LINES:
        page.goto(address + path)
        top, text = page.evaluate(FIRST_LINE)
        assert top <= 300, (path, top, text)
        widths = set(page.evaluate("[...document.querySelectorAll('main .badge')].map(e => Math.round(e.offsetWidth))"))
        assert len(widths) <= 1, (path, widths)
    context.close()
