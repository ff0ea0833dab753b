"""What follows from a network is made once for each network, however equal two of them are."""

from __future__ import annotations

from tests.builders import a_network
from transit.plan.once_per_network import REMEMBERED, once_per_network


@once_per_network
def stops_of(network):
    """The stops, as a list of its own each time it is made."""
    return list(network.stops)


def test_the_same_network_has_one_value_and_an_equal_one_its_own():
    network, equal = a_network(), a_network()
    assert stops_of(network) is stops_of(network)
    assert stops_of(equal) == stops_of(network)
    assert stops_of(equal) is not stops_of(network)


def test_only_the_last_few_networks_are_remembered():
    network = a_network()
    first = stops_of(network)
    others = [a_network() for _ in range(REMEMBERED)]
    for other in others[:-1]:
        stops_of(other)
    assert stops_of(network) is first
    for other in others:
        stops_of(other)
    assert stops_of(network) is not first
