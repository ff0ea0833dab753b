"""Which stops a code means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import a_network
from transit.plan.network import Network
from transit.plan.stop_codes import is_own_code, stop_code, stops_of_code

PLAIN = a_network()


def coded(**codes: str) -> Network:
    return replace(PLAIN, stops={name: replace(stop, code=codes.get(name, "")) for name, stop in PLAIN.stops.items()})


def ids(network: Network, code: str) -> list[str]:
    return [stop.stop_id for stop in stops_of_code(network, code)]


def test_a_code_means_its_stop_and_a_stop_without_one_is_called_by_its_id():
    network = coded(S3="12")
    assert ids(network, "12") == ["S3"]
    assert ids(network, "S2") == ["S2"]
    assert ids(network, "S3") == ["S3"]  # its id means it still, for links of old
    assert ids(network, "nope") == []
    assert ids(network, "") == []


def test_a_shared_code_means_every_stop_that_has_it():
    network = coded(S2="900", S3="900", S4="901")
    assert ids(network, "900") == ["S2", "S3"]
    assert ids(network, "901") == ["S4"]


def test_a_code_that_is_another_stops_id_means_both_unless_that_one_has_a_code_of_its_own():
    clash = coded(S4="S3")
    assert ids(clash, "S3") == ["S3", "S4"]
    assert ids(coded(S4="S3", S3="7"), "S3") == ["S4"]
    assert not is_own_code(clash, clash.stop("S3"))
    assert not is_own_code(clash, clash.stop("S4"))
    assert is_own_code(clash, clash.stop("S2"))


@pytest.mark.parametrize(("asked", "found"), [("a1", ["S3"]), ("A1", ["S4"]), ("s2", ["S2"])])
def test_what_is_written_exactly_so_goes_before_what_differs_in_its_case(asked: str, found: list[str]):
    assert ids(coded(S3="a1", S4="A1"), asked) == found


def test_where_only_the_case_differs_all_of_them_are_meant():
    assert ids(coded(S3="Ab", S4="aB"), "AB") == ["S3", "S4"]


@pytest.mark.parametrize("code", ["null", "NULL ", "N/A", "-", ""])
def test_a_databases_word_for_nothing_is_no_code(code):
    network = coded(S3=code)
    assert stop_code(network.stops["S3"]) == ""
    assert ids(network, "S3") == ["S3"]
    assert ids(network, code) == []


@pytest.mark.parametrize("code", ["NA", "0", "Nullpunkt"])
def test_a_code_that_looks_like_nothing_is_one(code):
    network = coded(S3=code)
    assert stop_code(network.stops["S3"]) == code
    assert ids(network, code) == ["S3"]


def test_a_code_over_two_lines_is_one_of_one_line():
    network = coded(S3="10\n 1")
    assert stop_code(network.stops["S3"]) == "10 1"
    assert ids(network, "10 1") == ["S3"]
