"""A whole shift of a dispatcher in a real browser; after each step riders' page and the feeds say what follows from it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from google.transit import gtfs_realtime_pb2 as pb
from playwright.sync_api import expect

from gps_ingest.mqtt import Message
from tests.builders import MONDAY, STRAIGHT, Way, a_city, at, every, place
from tests.control_cast import BACK
from tests.control_room import Control
from transit.operations.limits import InboxLimits
from transit.store.database import writing
from transit.store.people import Role, add_person
from web.factory import create_app
from web.live.process import Live
from web.settings import WebSettings

pytestmark = pytest.mark.slow
PASSWORD = "sepeda-hijau-1"
DESK = {"width": 1366, "height": 768}
BUSES = 8
TICK_S = 15
RUN_S, REST_S = 800.0, 60.0  # of each direction, and at each end
ROUND_S = 2 * (RUN_S + REST_S)
MARKET_ROAD = [(0.0, 3000.0), (4000.0, 3000.0)]
YESTERDAY = MONDAY - timedelta(days=1)
SIX_MIN = 360
STEADY_S = 90  # what is shown follows a change of less than a minute only later
PATIENCE_MS = 30_000  # of the browser: two cores may be busy with everything else


def a_town():
    """R1 there and back by headway, R2 beside it by timetable."""
    ways = [Way("R1", line, direction_id=n, headway=every(4), speed_mps=5.0) for n, line in enumerate((STRAIGHT, BACK))]
    return a_city(*ways, Way("R2", MARKET_ROAD, tuple(range(7 * 3600, 10 * 3600, 1800))))


class Shift(Control):
    """Eight buses that go round and round, each at its own pace, and a browser."""

    def __init__(self, folder, serve, chromium):
        super().__init__(folder, a_town(), at(7, 0, day=YESTERDAY))
        self.live = Live(self.engine, folder, limits=InboxLimits())
        self.phase_s = {f"BUS{n}": ROUND_S * n / BUSES for n in range(1, BUSES + 1)}
        self.pace = dict.fromkeys(self.phase_s, 1.0)
        self.mute: set[str] = set()
        for vehicle_id in self.phase_s:
            self.map(f"T-{vehicle_id}", vehicle_id)
        with writing(self.engine) as connection:
            for name, role in (("siti", Role.DISPATCHER), ("budi", Role.SUPERVISOR)):
                add_person(connection, name, role, PASSWORD, now=self.now)
        settings = WebSettings(folder, self.url, clock=lambda: self.now, live_fresh_s=1e6)
        self.address = serve(create_app(settings))
        self.browser = chromium
        self.sent = 0

    def drives(self, seconds):
        """Everybody drives on, is heard each quarter of a minute, and the live process looks."""
        for _ in range(seconds // TICK_S):
            self.now += timedelta(seconds=TICK_S)
            messages = []
            for vehicle_id in self.phase_s:
                self.phase_s[vehicle_id] = (self.phase_s[vehicle_id] + TICK_S * self.pace[vehicle_id]) % ROUND_S
                if vehicle_id not in self.mute:
                    lat, lon = place(metres_of(self.phase_s[vehicle_id]), 0.0)
                    fix = f'{{"latitude": {lat:.6f}, "longitude": {lon:.6f}, "timestamp": {self.now.timestamp():.0f}}}'
                    self.sent += 1
                    topic = f"transbinjai/v1/trackers/T-{vehicle_id}/position"
                    messages.append(Message(topic, fix.encode(), self.now, self.sent, 1, 1))
            self.ingest.take(messages)
            self.live.step(self.now)
        return self

    def looks(self):
        """A second later the live process has seen what was changed."""
        self.now += timedelta(seconds=1)
        self.ingest.look()
        self.live.step(self.now)

    def person(self, name):
        page = self.browser.new_context(viewport=DESK, locale="id-ID").new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{self.address}/masuk?lanjut=/armada")
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.click("main button:not(.plain)")
        expect(page).to_have_url(re.compile(r"/armada$"))
        return page

    # what riders and programs see

    def feed(self, name):
        client = create_app(WebSettings(self.folder, self.url, clock=lambda: self.now, live_fresh_s=1e6)).test_client()
        answer = client.get(f"/gtfs-rt/{name}.pb")
        assert answer.status_code == 200
        return pb.FeedMessage.FromString(answer.data).entity

    def positions(self):
        return {entity.vehicle.vehicle.id for entity in self.feed("vehicle_positions")}

    def updates(self):
        """vehicle or, of a run that nobody drives, trip_id -> its update."""
        entities = [entity.trip_update for entity in self.feed("trip_updates")]
        return {row.vehicle.id or row.trip.trip_id: row for row in entities}

    def relations_at(self, stop_id):
        """What the feed says of the calls at a stop."""
        calls = [row for update in self.updates().values() for row in update.stop_time_update if row.stop_id == stop_id]
        return {row.schedule_relationship for row in calls}

    def effects(self):
        return {entity.alert.effect for entity in self.feed("alerts")}

    def reads(self, rider, path):
        rider.goto(self.address + path)
        return " ".join(rider.inner_text("main").split())


def metres_of(phase_s):
    """Metres east of the west end, so many seconds into a round."""
    if phase_s < RUN_S:
        return phase_s * 5.0
    if phase_s < RUN_S + REST_S:
        return 4000.0
    return max(4000.0 - (phase_s - RUN_S - REST_S) * 5.0, 0.0)


def matter(page, kind):
    return page.locator(f"li.matter.{kind}").first


def logs_in(shift, rider):
    """Log in: the fleet is there, and nothing that is for riders needed it."""
    page = shift.person("siti")
    expect(page.locator("h1")).to_have_text("Armada sekarang")
    expect(page.locator("#inbox-part")).to_be_visible()
    assert shift.positions() == set(shift.phase_s)
    assert "BUS" in shift.reads(rider, "/halte/P2000_0")
    return page


def assigns_eight(shift, page, rider):
    """Assign eight buses."""
    page.goto(f"{shift.address}/armada/penugasan")
    for vehicle_id in shift.phase_s:
        page.select_option(f"#what-{vehicle_id}", "R1")
    page.locator("form:has(#what-BUS1) button:not(.plain)").click()
    expect(page.locator("#what-BUS8")).to_have_value("R1")
    shift.drives(30)
    assert {row.trip.route_id for row in shift.updates().values() if row.vehicle.id} == {"R1"}
    assert set(shift.phase_s) <= {row.vehicle.id for row in shift.updates().values()}


def one_falls_silent(shift, page, rider):
    """One falls silent: a row of the inbox, taken; riders are promised nothing of it any more."""
    shift.mute.add("BUS3")
    shift.drives(SIX_MIN)
    page.goto(f"{shift.address}/armada")
    silent = matter(page, "silent")
    expect(silent).to_contain_text("BUS3")
    silent.get_by_role("button", name=re.compile("Ambil")).click()
    expect(matter(page, "silent")).to_contain_text("diambil siti")
    assert "BUS3" not in shift.updates()
    assert "BUS3" not in shift.positions()
    assert "BUS3" not in shift.reads(rider, "/halte/P2000_0")


def two_bunch(shift, page, rider):
    """Two bunch: the first step of the row is the hold of the one behind."""
    behind, ahead = "BUS5", "BUS6"
    shift.pace[behind] = 1.6
    while (shift.phase_s[ahead] - shift.phase_s[behind]) % ROUND_S > 90.0:
        shift.drives(TICK_S)
    shift.pace[behind] = 1.0
    shift.drives(40)
    page.goto(f"{shift.address}/armada")
    bunched = matter(page, "bunched")
    expect(bunched).to_contain_text(f"{behind} hanya")
    assert Axe().run(page).violations_count == 0
    bunched.get_by_role("link", name=re.compile(f"Tahan {behind}")).click()
    expect(page.locator("#hold-vehicle")).to_have_value(behind)
    leaves_at = shift.now.replace(second=0) + timedelta(minutes=12)
    page.fill("#hold-at", f"{leaves_at + timedelta(hours=7):%H:%M}")
    page.click("#hold form button")
    expect(page.locator("main")).to_contain_text(f"{behind} berangkat pukul")
    while shift.phase_s[behind] < RUN_S + REST_S / 2:
        shift.drives(TICK_S)
    shift.pace[behind] = 0.0  # it waits at the east end, as it was told
    shift.drives(45)
    first = shift.updates()[behind].stop_time_update[0]
    leaves_s = first.departure.time or first.arrival.time
    assert abs(leaves_s - leaves_at.timestamp()) <= STEADY_S, "promised for when it was told to leave"
    clock = f"{datetime.fromtimestamp(leaves_s, UTC) + timedelta(hours=7):%H.%M}"
    assert clock in shift.reads(rider, "/halte/P4000_0")
    shift.pace[behind] = 1.0


def withdraws(shift, page, rider):
    """An assignment is withdrawn, with a reason; the bus is seen to drive, and riders go on seeing it."""
    page.goto(f"{shift.address}/armada/penugasan")
    withdraw = page.locator("form[action$='/akhiri']").filter(has_text="BUS8")
    withdraw.locator("select[name=reason]").select_option("breakdown")
    withdraw.locator("button").click()
    expect(page.locator("#what-BUS8")).to_have_value("")
    shift.looks()
    assert "BUS8" in shift.positions()
    assert "BUS8" in shift.updates()


def suspends(shift, page, rider):
    """A route is suspended: its runs are cancelled in the feed, its stop says so."""
    page.goto(f"{shift.address}/armada/gangguan?jenis=suspend")
    page.select_option("#suspend-direction", "R2|")
    page.click("#suspend form button")
    expect(page.locator("main")).to_contain_text("R2 tidak berjalan")
    shift.looks()
    relations = {
        row.trip.schedule_relationship
        for row in shift.updates().values()
        if row.trip.route_id == "R2" or row.trip.trip_id.startswith("R2")
    }
    assert relations == {pb.TripDescriptor.CANCELED}
    assert pb.Alert.NO_SERVICE in shift.effects()
    assert "R2 tidak berjalan" in shift.reads(rider, "/halte/P2000_3000")


def detours(shift, page, rider):
    """A street is closed: the detour passes by a stop, which the feed skips and whose page says it."""
    assert shift.relations_at("P2000_0") == {pb.TripUpdate.StopTimeUpdate.UNSCHEDULED}
    page.goto(f"{shift.address}/armada/gangguan?rute=R1")
    page.check("input[name=missed][value='P2000_0']")
    page.fill("#detour-until", f"{shift.now + timedelta(hours=9):%Y-%m-%dT%H:%M}")
    page.locator("form:has(#detour-until) button").click()
    expect(page.locator("main")).to_contain_text("R1 lewat jalan lain")
    shift.looks()
    assert pb.Alert.DETOUR in shift.effects()
    assert shift.relations_at("P2000_0") <= {pb.TripUpdate.StopTimeUpdate.SKIPPED}
    assert "Tidak dilayani karena pengalihan" in shift.reads(rider, "/halte/P2000_0")


def answers(shift, page, rider):
    """A rider asks of yesterday; the drafted answer is corrected, sent, and read under its number."""
    rider.goto(f"{shift.address}/lapor?halte=P1000_0")
    rider.check("input[name=day][value=yesterday]")
    rider.fill("#time", "07.15")
    rider.click("button[name=kind][value=no_bus]")
    rider.wait_for_url(re.compile(r"/lapor/\w{8}$"))
    number = rider.url.rsplit("/", 1)[1]
    page.goto(f"{shift.address}/armada/laporan")
    draft = page.locator(f"#a{number}")
    assert re.match(r"(Sekitar pukul 07\.15 bus BUS\d|Mohon maaf: pukul 07\.15 tidak ada bus)", draft.input_value())
    draft.fill(f"{draft.input_value()} Terima kasih sudah bertanya.")
    page.locator(f"form[action$='/{number}'] button").click()
    rider.goto(f"{shift.address}/lapor")
    rider.fill("#nomor", number)
    rider.press("#nomor", "Enter")
    expect(rider.locator("main")).to_contain_text("Terima kasih sudah bertanya.")
    assert shift.positions() == set(shift.phase_s) - {"BUS3"}


def reports(shift, rider):
    """The report, by who may read it."""
    chief = shift.person("budi")
    chief.goto(f"{shift.address}/armada/kinerja")
    expect(chief.locator("main")).to_contain_text("R1")
    assert rider.goto(f"{shift.address}/kinerja").status == 200
    return chief


def hands_over(shift, page, chief):
    """Hand over: the note knows the day."""
    page.goto(f"{shift.address}/armada/serah-terima")
    assert "BUS1: R1" in page.input_value("#s-assignments")
    assert "BUS3: bisu sejak" in page.input_value("#s-silent")
    assert "R2 tidak berjalan" in page.input_value("#s-changes")
    assert "R1 lewat jalan lain" in page.input_value("#s-changes")
    assert "1 masuk, 1 dijawab" in page.input_value("#s-tickets")
    assert "diambil siti" in page.input_value("#s-matters")
    page.fill("#s-note", "Kunci pool di laci.")
    page.locator("form:has(#s-note) button").click()
    expect(page.locator("main")).to_contain_text("Kunci pool di laci.")
    assert Axe().run(page).violations_count == 0
    chief.goto(f"{shift.address}/armada/catatan")
    for deed in ("mengambil perkara", "menyerahkan giliran", "mengakhiri penugasan"):
        expect(chief.locator("main")).to_contain_text(deed)
    assert shift.positions() == set(shift.phase_s) - {"BUS3"}


def test_a_whole_shift(tmp_path, serve, chromium):
    shift = Shift(tmp_path, serve, chromium)
    expect.set_options(timeout=PATIENCE_MS)
    rider = chromium.new_context(viewport={"width": 360, "height": 740}, locale="id-ID").new_page()
    rider.set_default_timeout(PATIENCE_MS)
    shift.drives(20 * 60)  # yesterday, until 07:20
    shift.now = at(6, 50)
    shift.drives(15 * 60)
    page = logs_in(shift, rider)
    for step in (assigns_eight, one_falls_silent, two_bunch, withdraws, suspends, detours, answers):
        step(shift, page, rider)
    hands_over(shift, page, reports(shift, rider))
    shift.engine.dispose()
