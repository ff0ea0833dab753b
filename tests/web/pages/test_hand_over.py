"""The note that a shift hands over: drafted from what happened, kept, and not changed any more."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from tests.builders import a_drive, at
from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.operations.matters import DeedKind, MatterDeed
from transit.operations.troubles import Trouble, TroubleKind
from transit.store.advice_answers import AdviceAnswer, Answer, save_answer
from transit.store.alerts import save_alert
from transit.store.assignments import Duty, give
from transit.store.audit import load_entries
from transit.store.database import writing
from transit.store.hand_overs import keep_hand_over, load_hand_overs
from transit.store.matters import add_deed, clear_matters, open_matter
from transit.store.tickets import Ticket, answer_ticket, save_ticket

OURS = {"Sec-Fetch-Site": "same-origin"}
PAGE = "/armada/serah-terima"


@pytest.fixture
def shift(town):
    """From six to two: assignments, a silence that ended, a notice, a closed stop, advice, an open matter, two tickets."""
    town.hear(a_drive(to_m=1800)).step()
    town.now = at(14)
    silent = Trouble(TroubleKind.SILENT, "T1", at(9), {"vehicle": "BUS1", "age_s": 400.0})
    battery = Trouble(TroubleKind.BATTERY_LOW, "T2", figures={"vehicle": "BUS2", "battery": 12.0})
    with writing(town.engine) as connection:
        give(connection, "BUS1", Duty.ROUTE, "R1", None, starts_at=at(6, 10), ends_at=at(27), by="siti", now=at(6))
        give(connection, "BUS2", Duty.OFF, None, None, starts_at=at(6, 10), ends_at=at(27), by="siti", now=at(6))
        give(connection, "BUS3", Duty.OFF, None, None, starts_at=at(4), ends_at=at(5), by="siti", now=at(4))
        open_matter(connection, silent, now=at(9, 5))
        clear_matters(connection, [silent.key], now=at(9, 40))
        taken = open_matter(connection, battery, now=at(13))
        add_deed(connection, taken, MatterDeed(DeedKind.TAKE, at(13, 5), "siti"))
        here = (InformedEntity(route_id="R1"),)
        for alert_id, words in (("x1", "Banjir"), ("stop-1", "Halte S2 tutup"), ("detour-1-halte", "Halte dilewati")):
            save_alert_of(connection, alert_id, words, here)
        for answer, why in ((Answer.APPLY, ""), (Answer.DECLINE, "sopir istirahat")):
            save_answer(connection, an_answer(answer, why))
        for number, hour in (("AAAA2345", 8), ("BBBB2345", 9)):
            save_ticket(connection, Ticket(number, "no_bus", "S2", at(hour)))
        answer_ticket(connection, "AAAA2345", "Maaf.", now=at(10))
    return town


def an_answer(answer, why):
    return AdviceAnswer(answered_at=at(11), vehicle_id="BUS1", stop_id="S0", leave_at=at(11, 5), answer=answer, why=why)


def save_alert_of(connection, alert_id, words, informed):
    save_alert(connection, Alert(alert_id, {"id": words}, informed, at(12), at(15), effect=Effect.NO_SERVICE))


def section(page, name):
    return unescape(re.search(rf'<textarea id="s-{name}"[^>]*>(.*?)</textarea>', page, re.S)[1]).split("\n")


def test_the_note_is_drafted_from_what_happened_in_the_shift(shift):
    page = shift.client().get(f"{PAGE}?dari=2026-11-23T06:00&lang=id").text
    assert section(page, "assignments") == ["06.10 · BUS1: 1", "06.10 · BUS2: libur"]
    assert section(page, "silent") == ["BUS1: bisu 09.00–09.40"]
    assert section(page, "notices") == ["12.00 Banjir (sampai 15.00)"]
    assert section(page, "changes") == ["12.00 Halte S2 tutup (sampai 15.00)"]
    assert section(page, "advice") == ["1 diterapkan, 0 di antaranya ditepati sopir, 1 ditolak"]
    assert section(page, "matters") == ["Baterai pelacak T2 di kendaraan BUS2 tinggal 12 %. [diambil siti pukul 13.05]"]
    assert section(page, "tickets") == ["2 masuk, 1 dijawab", "1 menunggu jawaban: BBBB2345"]
    assert section(page, "note") == [""]


def test_of_a_shift_in_which_nothing_happened_that_is_said(town):
    page = town.client().get(f"{PAGE}?lang=id").text
    assert section(page, "assignments") == ["Tidak ada."]
    assert section(page, "tickets") == ["0 masuk, 0 dijawab"]


def test_the_note_is_kept_as_it_was_edited_and_the_record_has_it(shift):
    form = {"since": at(6).isoformat(), "assignments": "BUS1 semua", "note": "Kunci di laci.\r\nBan serep kempis."}
    answer = shift.client().post(PAGE, data=form, headers=OURS)
    assert answer.location == f"{PAGE}/1"
    page = shift.client().get(f"{PAGE}/1?lang=id").text
    assert "Senin 23 November, 06.00–14.00" in page
    assert "Disimpan local pada 14.00" in page
    assert "Kunci di laci.\nBan serep kempis." in page
    assert "Saran menahan bus" not in page, "a part without a word is left out"
    with shift.engine.connect() as connection:
        entry = load_entries(connection)[0]
    assert (entry.person, entry.action, entry.subject) == ("local", "hand_over_kept", "1")
    assert shift.client().post(f"{PAGE}/1", data=form, headers=OURS).status_code in (403, 405)


def test_the_next_shift_begins_where_the_last_note_ended(shift):
    shift.client().post(PAGE, data={"since": at(6).isoformat(), "note": "x"}, headers=OURS)
    shift.now = at(22)
    page = shift.client().get(f"{PAGE}?lang=id").text
    assert 'value="2026-11-23T14:00"' in page
    assert "Senin 23 November, 06.00–14.00" in page
    shift.now = at(31)  # nobody handed over for longer than a shift
    assert 'value="2026-11-23T23:00"' in shift.client().get(f"{PAGE}?lang=id").text


@pytest.mark.parametrize("text", ["pagi", "2026-11-22T06:00", "2026-11-23T15:00"])
def test_a_beginning_that_cannot_be_is_said_at_its_field_and_nothing_typed_is_lost(shift, text):
    page = shift.client().get(PAGE, query_string={"dari": text})
    assert page.status_code == 422
    assert 'aria-describedby="since-wrong"' in page.text
    kept = shift.client().post(PAGE, data={"since": text, "note": "Kunci di laci."}, headers=OURS)
    assert (kept.status_code, "Kunci di laci." in kept.text) == (422, True)
    with shift.engine.connect() as connection:
        assert load_hand_overs(connection) == []


def test_a_part_that_is_too_long_is_said_at_its_field(shift):
    form = {"since": (shift.now - timedelta(hours=8)).isoformat(), "note": "x" * 8001}
    answer = shift.client().post(PAGE, data=form, headers=OURS)
    assert (answer.status_code, 'id="note-wrong"' in answer.text) == (422, True)


def test_of_a_shift_past_midnight_both_days_are_named_and_of_one_by_day_only_its_own(town):
    number = {}
    with writing(town.engine) as connection:
        for name, since, until in (("night", at(22), at(28)), ("day", at(14), at(22))):
            number[name] = keep_hand_over(connection, since=since, until=until, person="siti", sections={}, now=until)
    town.now = at(29)
    client = town.client()
    night, day, listed = (unescape(client.get(path).text) for path in (*(f"{PAGE}/{n}" for n in number.values()), PAGE))
    both, one = "Senin 23 November, 22.00 – Selasa 24 November, 04.00", "Senin 23 November, 14.00–22.00"
    assert (night.count(both), day.count(one)) == (2, 2), "in the heading and in the title, which a printer names its file by"
    assert (both in listed, one in listed) == (True, True)
    assert "Selasa" not in day.partition("<h1>")[2].partition("</h1>")[0]


def test_a_note_that_is_not_there_is_none(town):
    assert town.client().get(f"{PAGE}/7").status_code == 404
