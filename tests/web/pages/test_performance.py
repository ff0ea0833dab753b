"""Reports of service, from calls and the record to pages and files."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from pypdf import PdfReader

from tests.builders import MONDAY, a_network, a_report, a_trip_instance, at, every
from transit.quality.performance import DayFigures, HourFigures
from transit.store.advice_answers import AdviceAnswer, Answer, save_answer
from transit.store.database import writing
from transit.store.service_days import load_days, save_day
from transit.store.stop_events import save_stop_events
from transit.store.tickets import Ticket, answer_ticket, save_ticket
from transit.tracking.state import StopEvent
from web.boards.performance import hour_spans


@pytest.fixture
def served(city):
    """A bus each 10 minutes from seven to half past eight, but for one that came 15 minutes late; one is always heard."""
    city.now = at(6, 59)
    city.load(a_network(headway=every(10), stops_every_m=2000.0))
    minutes = [0, 10, 20, 45, 50, 60, 70, 80, 90]
    events = [
        StopEvent(
            f"BUS{n % 3}", a_trip_instance("T1", n), "S0", 1, at(7) + timedelta(minutes=m), at(7) + timedelta(minutes=m), 10.0
        )
        for n, m in enumerate(minutes)
    ]
    with writing(city.engine) as connection:
        save_stop_events(connection, events)
    for minute in range(0, 120, 2):
        city.hear([a_report((500.0 + minute * 10.0, 0.0), at(7, minute))])
        city.step(at(7, minute, 5))
    city.now = at(9)
    return city


def page(city, path):
    answer = city.client().get(path, headers={"Accept-Language": "id"})
    return answer.status_code, answer.text


def test_a_day_says_the_excess_wait_and_how_it_is_computed(served):
    status, html = page(served, "/armada/kinerja")
    assert status == 200
    # from 7 to 9 o'clock: headways 10, 10, 25, 5, 10, 10, 10, 10
    squares, total = 6 * 100 + 625 + 25, 90
    excess = squares / (2 * total) - total / 8 / 2
    assert f">{excess:.1f}</a></td>".replace(".", ",") in html
    assert "Cara menghitung" in html


def test_hours_of_which_nothing_was_recorded_are_named(served):
    html = page(served, "/armada/kinerja")[1]
    assert '<li class="num">2026-11-23: 1 06</li>' in html, "not 07"


def test_of_an_hour_that_is_left_out_not_even_none_is_said(served):
    html = page(served, "/armada/kinerja")[1]
    row = html.split(">06</a></th>")[1].split("</tr>")[0]
    assert 'data-h="Perjalanan dari rencana">–</td>' in row
    assert "<a" not in row, "there is nothing to open"
    assert ">0 / 6</a>" in html.split(">07</a></th>")[1].split("</tr>")[0], "of one that counts a none is one"


def test_what_is_still_to_come_today_is_neither_missed_nor_kept(served):
    served.now = at(8, 59)
    html = page(served, "/armada/kinerja")[1]
    assert '<li class="num">2026-11-23: 1 06</li>' in html, "08 is not over"
    assert ">07</a></th>" in html
    assert ">08</a></th>" not in html
    ends = html.split("Bus pertama ditepati")[1].split("</table>")[0]
    assert "–" in ends
    assert "%" not in ends


def first_and_last(served):
    """What the page says of yesterday's first and last bus."""
    served.now = at(12, day=MONDAY + timedelta(days=1))
    cells = page(served, "/armada/kinerja?tanggal=2026-11-23")[1].split("Bus pertama ditepati")[1].split("</table>")[0]
    return [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<td.*?</td>", cells, re.DOTALL)]


def were_heard_all_day(served):
    """The same calls, with every hour recorded."""
    page(served, "/armada/kinerja?tanggal=2026-11-23")
    with writing(served.engine) as connection:
        figures = load_days(connection, MONDAY, MONDAY)[MONDAY]
        for row in figures.hours:
            row.coverage = 1.0
        save_day(connection, MONDAY, figures, network_version="", now=served.now)


def test_of_a_first_and_a_last_bus_in_hours_that_nobody_recorded_nothing_is_claimed(served):
    """Planned are 6 to 18 o'clock; recorded is what was from 7 to 9."""
    assert first_and_last(served) == ["–", "–"]
    were_heard_all_day(served)
    assert first_and_last(served) == ["0 %", "0 %"], "now it is known that none left"


def test_hours_that_follow_each_other_are_left_out_in_one_word():
    assert [hour_spans(hours) for hours in ([6], [8, 6, 7], [6, 7, 9], [23, 24, 25])] == ["06", "06–08", "06–07, 09", "23–01"]


def test_a_day_without_any_record_claims_nothing(served):
    served.now = at(9, day=MONDAY + timedelta(days=1))
    html = page(served, "/armada/kinerja?tanggal=2026-11-24")[1]
    assert "Tidak ada jam yang dapat dinilai" in html
    assert "<figure" not in html, "an empty picture would look as if nobody had waited"
    assert "<figure" in page(served, "/armada/kinerja?tanggal=2026-11-23")[1]


def test_a_day_that_is_over_is_stored_and_stays(served):
    served.now = at(12, day=MONDAY + timedelta(days=1))
    page(served, "/armada/kinerja?tanggal=2026-11-23")
    with served.engine.connect() as connection:
        days = load_days(connection, MONDAY, MONDAY)
    assert sum(row.headways for row in days[MONDAY].hours) == 8


def test_an_hour_opens_its_playback(served):
    assert '/armada/putar?t=2026-11-23T07:30:00"' in page(served, "/armada/kinerja")[1]


def test_the_figures_are_a_table_for_a_spreadsheet_too(served):
    rows = served.client().get("/armada/kinerja.csv").text.splitlines()
    assert rows[0].startswith("by,name,headsign,excess_wait_min,wait_over_promise_min")
    assert rows[1].startswith("all,2026-11-23..2026-11-23,,1.3")
    book = zipfile.ZipFile(io.BytesIO(served.client().get("/armada/kinerja.xlsx").data))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<v>1.3" in sheet, "numbers stay numbers"


@pytest.mark.parametrize("query", ["tanggal=kemarin", "tanggal=2027-01-01", "per=tahun"])
def test_a_span_that_cannot_be_is_said_at_its_field(served, query):
    assert page(served, f"/armada/kinerja?{query}")[0] == 422
    assert served.client().get(f"/armada/kinerja.csv?{query}").status_code == 400


def test_a_week_and_a_month_have_their_days(served):
    for period in ("minggu", "bulan"):
        status, html = page(served, f"/armada/kinerja?per={period}")
        assert status == 200
        assert "Bus pertama ditepati" in html


def test_riders_read_the_same_in_plain_words(served):
    status, html = page(served, "/kinerja")
    assert status == 200
    assert "menunggu rata-rata 7 mnt, 2 mnt lebih lama dari janji" in html
    assert "9 dari 10 bus datang paling lama 3 mnt setelah jarak yang dijanjikan" in html
    assert "dari 12 perjalanan yang direncanakan dijalankan" in html


@pytest.mark.parametrize(
    ("trips", "words"),
    [
        (2, "Tidak ada perjalanan yang direncanakan; yang tetap dijalankan: 2."),
        (0, "Tidak ada perjalanan yang direncanakan."),
    ],
)
def test_where_no_trip_was_planned_riders_read_no_share_of_nothing(city, trips, words):
    city.load(a_network(headway=every(10), stops_every_m=2000.0))
    hour = HourFigures(day=MONDAY, route_id="R1", direction_id=None, side=0, hour=7, coverage=1.0, trips=trips)
    with writing(city.engine) as connection:
        save_day(connection, MONDAY, DayFigures([hour], []), network_version=city.version, now=city.now)
    city.now = at(9) + timedelta(days=1)
    html = page(city, "/kinerja")[1]
    assert words in html
    assert "dari 0" not in html


# ---- printed, and where one looks


def printed(city, query=""):
    answer = city.client().get(f"/armada/kinerja.pdf{query}", headers={"Accept-Language": "id"})
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    pages = PdfReader(io.BytesIO(answer.data)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_the_report_for_the_dinas_has_the_figures_what_was_left_out_and_the_formulas(served):
    text = printed(served)
    assert "Senin 23 November 2026" in text
    assert "Tunggu lebih 1,3 mnt" in text
    assert "2026-11-23: 1 06" in text, "an hour that was left out, by its name"
    assert "(h²) / 2" in text
    assert "h <= H + 3" in text
    assert "Diketahui oleh Dinas Perhubungan" in text


def test_a_day_of_which_nothing_is_known_is_printed_without_a_claim(served):
    served.now = at(9, day=MONDAY + timedelta(days=1))
    text = printed(served, "?tanggal=2026-11-24")
    assert "Tidak ada jam yang dapat dinilai" in text
    assert "0 dari 0" not in text, "not even none"
    assert served.client().get("/armada/kinerja.pdf?tanggal=kemarin").status_code == 400


def test_a_figure_opens_the_playback_of_its_worst_moment(served):
    html = page(served, "/armada/kinerja")[1]
    assert '<a href="/armada/putar?t=2026-11-23T07:45:00&amp;halte=S0">1,3</a>' in html, "25 minutes, until a quarter to eight"
    assert "/armada/putar?t=2026-11-23T07:50:00" not in html, "5 minutes are not bunched where 10 are promised"


def test_every_number_of_a_row_opens_its_playback_those_of_a_direction_too(served):
    """One trip of two in the hour from eight is missing, none from seven: that hour is looked at."""
    html = page(served, "/armada/kinerja")[1]
    table = html[html.index("Per rute dan arah") :]
    rows = [row for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL) if "data-h" in row]
    assert len(rows) >= 4, "a direction, all of them, and two hours"
    for row in rows:
        for cell in re.findall(r'<td class="num" data-h="[^"]*">(.*?)</td>', row):
            assert cell in ("–", "– / –") or cell.startswith('<a href="/armada/putar?t=2026-11-23T0'), cell


def test_the_first_bus_opens_the_playback_of_its_hour_on_the_day_it_was_not_kept(served):
    served.now = at(12) + timedelta(days=1)
    were_heard_all_day(served)
    html = page(served, "/armada/kinerja?per=minggu&tanggal=2026-11-23")[1]
    cells = re.search(r"Bus pertama.*?<tbody>(.*?)</tbody>", html, re.DOTALL)[1]
    assert re.search(r'<a href="/armada/putar\?t=2026-11-23T\d\d:30:00">\d+', cells), cells


def test_reports_of_riders_and_the_promises_of_the_span_are_among_the_figures(served):
    with writing(served.engine) as connection:
        save_ticket(connection, Ticket("A", "no_bus", "S0", at(8)))
        save_ticket(connection, Ticket("B", "no_bus", "S1", at(8, 30)))
        save_ticket(connection, Ticket("C", "no_bus", "S1", at(8, day=MONDAY - timedelta(days=1))))
        answer_ticket(connection, "A", "Maaf", now=at(9, 30))
    cards = served.folder / "scorecards"
    cards.mkdir()
    for day, score, scored in ((22, 10.0, 1000), (23, 80.0, 300), (24, 90.0, 100)):
        example = {"made_at": at(7, 5).timestamp(), "stop_id": "S1"}
        card = {"scored": scored, "eta_benchmark": {"score": score}, "mae_s": {"0-3": 31.4}, "examples": {"0-3": example}}
        (cards / f"2026-11-{day}.json").write_text(json.dumps({"all routes": card}))
    served.now = at(12, day=MONDAY + timedelta(days=2))
    html = page(served, "/armada/kinerja?per=minggu&tanggal=2026-11-23")[1]
    newest, answered = (
        '"/armada/putar?t=2026-11-23T08:30:00&amp;halte=S1"',
        '"/armada/putar?t=2026-11-23T08:00:00&amp;halte=S0"',
    )
    assert f"Laporan penumpang: <a href={newest}>2</a> (Bus tidak datang <a href={newest}>2</a>)" in html
    assert f"<a href={answered}>1</a> dijawab. Separuh jawaban datang dalam <a href={answered}>1,5</a> jam." in html
    assert "Dari janji selama 2 hari, 82,5 % tepat" in html, "by how many were scored; Sunday is of another week"
    promise = '"/armada/putar?t=2026-11-23T07:05:00&amp;halte=S1"'
    assert f"0-3 mnt sebelumnya: rata-rata meleset <a href={promise}>31</a> dtk" in html
    assert "Laporan penumpang: 2 (Bus tidak datang 2), 1 dijawab" in printed(served, "?per=minggu&tanggal=2026-11-23")
    rows = served.client().get("/armada/kinerja.csv?per=minggu&tanggal=2026-11-23").text.splitlines()
    assert "reports_received,,,2" in rows
    assert "promises_eta_score,,,82.5" in rows


def test_advice_opens_the_playback_of_the_newest_that_is_counted(served):
    with writing(served.engine) as connection:
        for minute, answer in ((20, Answer.APPLY), (43, Answer.APPLY), (52, Answer.DECLINE)):  # BUS2 left at 07:20
            save_answer(connection, AdviceAnswer(at(7, minute - 2), "BUS2", "S0", at(7, minute), answer))
    html = page(served, "/armada/kinerja")[1]
    places = [f'<a href="/armada/putar?t=2026-11-23T07:{minute}:00&amp;halte=S0">' for minute in (43, 20, 52)]
    assert f"Saran: {places[0]}2</a> diterapkan, {places[1]}1</a> ditepati, {places[2]}1</a> ditolak." in html


def test_what_is_driven_without_a_trip_is_counted_from_the_record(city):
    """A bus that drives 2 km beside the line and back has no trip."""
    city.now = at(6, 59)
    city.load(a_network(headway=every(10), stops_every_m=2000.0))
    for minute in range(20):
        city.hear([a_report((300.0 * minute, 2500.0), at(7, minute))])
        city.step(at(7, minute, 5))
    city.now = at(8)
    html = page(city, "/armada/kinerja")[1]
    assert re.search(r'data-h="km kosong">(<a[^>]*>)?6(</a>)?</td>', html), "19 x 300 m"


def test_a_day_that_was_stored_before_rounds_were_counted_claims_none(served):
    old = DayFigures(hours=[HourFigures(day=MONDAY, route_id="R1", direction_id=None, side=0, hour=7, coverage=1.0)], ends=[])
    with writing(served.engine) as connection:
        save_day(connection, MONDAY, old, network_version=served.version, now=served.now)
    html = page(served, "/armada/kinerja")[1]
    assert 'data-h="km kosong">–</td>' in html
    assert re.search(r'data-h="Satu putaran, median dan p90">(<a[^>]*>)?– / –', html)
