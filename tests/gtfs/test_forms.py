"""Feeds as spreadsheets and other systems write them: read, or refused with what was found."""

from __future__ import annotations

import io
import zipfile

import pytest

from gtfs.forms import Padding, encoding_by_mark, separator_of
from gtfs.reader import BrokenFeed, read_feed, read_network
from gtfs.writer import write_network
from tests.gtfs.test_reader import GOOD, Feed, changed, without, zipped

PLAIN = write_network(read_network(zipped(GOOD)))


def separated(by: str) -> Feed:
    return {name: text.replace(",", by) for name, text in GOOD.items()}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_text_of_two_and_four_bytes_a_letter_is_read_and_said(encoding: str) -> None:
    network, warnings = read_feed(zipped(GOOD, encoding=encoding))
    assert write_network(network) == PLAIN
    assert {warning.file for warning in warnings} == set(GOOD)
    assert warnings[0].message == f"is not UTF-8 and is read as {encoding}; save it as UTF-8"


def test_plain_text_is_not_taken_for_anything_else() -> None:
    assert encoding_by_mark(b"stop_id,stop_name\n") is None
    assert encoding_by_mark(b"\xef\xbb\xbfstop_id") == "utf-8-sig"
    assert encoding_by_mark(b"") is None


@pytest.mark.parametrize(("separator", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")])
def test_other_separators_are_read_and_said(separator: str, name: str) -> None:
    network, warnings = read_feed(zipped(separated(separator)))
    assert write_network(network) == PLAIN
    assert all(name in warning.message for warning in warnings)
    assert len(warnings) == len(GOOD)


def test_a_line_that_names_the_separator_is_no_header() -> None:
    feed = {name: f"sep=;\r\n{text}" for name, text in separated(";").items()}
    assert write_network(read_network(zipped(feed))) == PLAIN


def test_decimal_commas_are_points_where_semicolons_separate() -> None:
    feed = separated(";")
    feed["stops.txt"] = feed["stops.txt"].replace("3.605", "3,605")
    assert write_network(read_network(zipped(feed))) == PLAIN
    with pytest.raises(BrokenFeed, match="has 5 fields but the header 4"):
        read_network(zipped(changed("stops.txt", "3.605", "3,605")))


@pytest.mark.parametrize("header", ["a,b", "name", "stop_id,stop_name,a;b;c", ""])
def test_a_header_with_commas_or_one_column_is_split_at_commas(header: str) -> None:
    assert separator_of(header) == ","


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        (' "Tengah, Utara"', "Tengah, Utara"),
        ('\t"Tengah"', "Tengah"),
        ('"Tengah" ', "Tengah"),
        ('\u00a0"Tengah"\t', "Tengah"),
        ('"Tengah ""Dua"" , Utara" ', 'Tengah "Dua" , Utara'),
        (' "dua\nbaris"', "dua\nbaris"),
    ],
)
def test_blanks_beside_quotation_marks_are_no_text(cell: str, name: str) -> None:
    network, warnings = read_feed(zipped(changed("stops.txt", "Tengah", cell)))
    assert network.stop("S2").name == name
    assert [(warning.file, warning.line) for warning in warnings] == [("stops.txt", 3)]


def test_quotation_marks_within_a_name_stay_as_they_are() -> None:
    network, warnings = read_feed(zipped(changed("stops.txt", "Tengah", 'Jalan "Raya" Dua')))
    assert (network.stop("S2").name, warnings) == ('Jalan "Raya" Dua', ())
    assert not Padding(",").is_in('S2,"a "" b",3.6\r\n')


def test_a_quotation_mark_left_open_is_refused_among_blanks_too() -> None:
    feed = changed("stops.txt", "Tengah", ' "Tengah"')
    feed["stops.txt"] = feed["stops.txt"].replace("Ujung", '"Ujung')
    with pytest.raises(BrokenFeed, match="quotation mark left open"):
        read_network(zipped(feed))


def test_column_names_lose_what_nobody_sees() -> None:
    network, warnings = read_feed(zipped(changed("stops.txt", "stop_name", "\u200bstop_name\u00a0")))
    assert network.stop("S2").name == "Tengah"
    assert "<U+200B>stop_name<U+00A0>" in warnings[0].message


def test_what_nobody_sees_in_an_id_is_told_by_its_code() -> None:
    _, warnings = read_feed(zipped(changed("stop_times.txt", "07:05:30,S2,2", "07:05:30,S2\u200b,2")))
    assert '"S2<U+200B>" is not in stops.txt' in warnings[0].message


def test_a_missing_column_is_told_with_the_header_that_was_seen() -> None:
    with pytest.raises(BrokenFeed, match=r'required column is missing; add it. The first line has "Halte; stop_name'):
        read_network(zipped(changed("stops.txt", "stop_id", "Halte")))


def test_a_missing_file_is_told_with_the_files_that_were_seen() -> None:
    feed = {**without("stops.txt"), "stops.csv": GOOD["stops.txt"]}
    with pytest.raises(BrokenFeed, match=r"stops.txt: this required file is missing.*stops.csv"):
        read_network(zipped(feed))


@pytest.mark.parametrize("folder", ["feed\\", "a\\b\\", "feed/"])
def test_entries_with_backslashes_lie_in_folders(folder: str) -> None:
    network, warnings = read_feed(zipped(GOOD, folder=folder))
    assert (write_network(network), warnings) == (PLAIN, ())


def test_backslashes_do_not_climb_out() -> None:
    with pytest.raises(BrokenFeed, match="is missing"):
        read_network(zipped(GOOD, folder="..\\"))


def test_files_named_in_capitals_are_read() -> None:
    assert write_network(read_network(zipped({name.upper(): text for name, text in GOOD.items()}))) == PLAIN


def zeros(*sizes_mb: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in GOOD.items():
            archive.writestr(name, text)
        for n, size in enumerate(sizes_mb):
            archive.writestr(f"more{n}.txt", b"0" * (size << 20))
    return packed.getvalue()


def test_a_zip_is_bounded_as_a_whole() -> None:
    """Each of the parts alone would be let through."""
    with pytest.raises(BrokenFeed, match="next to nothing"):
        read_network(zeros(20, 20, 20))
    assert read_network(zeros(20)).stop("S1").name == "Pangkal"


def test_files_that_are_only_passed_on_are_bounded_too() -> None:
    random = "".join(f"{n * 2654435761 % 2**32:x}," for n in range(100_000))  # packs two-fold, as letters do
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, text in GOOD.items():
            archive.writestr(name, text)
        archive.writestr("little.txt", "a,b\r\n")
        archive.writestr("much.txt", random * 80)
    network, warnings = read_feed(packed.getvalue())
    assert list(network.other_files) == ["little.txt"]
    assert [warning.file for warning in warnings] == ["much.txt"]


ZONE = "T3,,,,1,zone,08:00:00,18:00:00\nT3,,,,2,zone,08:00:00,18:00:00\n"


def flex(zones: str, trips: str = "R1,D,T3,\n") -> Feed:
    rows = GOOD["stop_times.txt"].splitlines()
    more = ",location_id,start_pickup_drop_off_window,end_pickup_drop_off_window"
    times = "\n".join([rows[0] + more, *(row + ",,," for row in rows[1:]), zones])
    return {**GOOD, "stop_times.txt": times, "trips.txt": GOOD["trips.txt"] + trips, "locations.geojson": "{}"}


@pytest.mark.parametrize("rows", [ZONE, ZONE.replace(",zone,", ",,").replace(",,,,1", ",,,S1,1").replace(",,,,2", ",,,S2,2")])
def test_demand_responsive_trips_are_left_out_and_said_and_the_others_run(rows: str) -> None:
    network, warnings = read_feed(zipped(flex(rows)))
    assert sorted(network.trips) == ["T1", "T2"]
    assert write_network(network) == PLAIN
    told = {warning.file: warning.message for warning in warnings}
    assert "GTFS-Flex) are not supported; 1 left out, here and in the exported feed" in told["trips.txt"]
    assert "GTFS-Flex" in told["locations.geojson"]


def test_a_feed_of_demand_responsive_trips_alone_is_refused_as_one() -> None:
    feed = flex(ZONE)
    head = feed["stop_times.txt"].splitlines()[0]
    alone = {**feed, "stop_times.txt": f"{head}\n{ZONE}", "trips.txt": "route_id,service_id,trip_id\nR1,D,T3\n"}
    alone.pop("frequencies.txt")
    with pytest.raises(BrokenFeed, match=r"demand-responsive trips .GTFS-Flex. are not supported") as refusal:
        read_network(zipped(alone))
    assert refusal.value.problems[0].file == "trips.txt"


def test_letters_that_signs_cannot_print_are_said_once_and_others_are_not() -> None:
    _, warnings = read_feed(zipped(changed("stops.txt", "Tengah", "東京駅")))
    assert [(warning.file, warning.line, warning.field) for warning in warnings] == [("stops.txt", 3, "stop_name")]
    assert "Latin, Greek and Cyrillic" in warnings[0].message
    for name in ("Площадь Ленина", "Αθήνα", "Đà Nẵng", "Café 1º – “A”"):
        assert not read_feed(zipped(changed("stops.txt", "Tengah", name)))[1]
