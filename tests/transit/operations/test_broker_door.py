"""Whoever invents names at the broker's door gets twenty of them told, and hides nobody who tries again and again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import at
from transit.operations.broker_door import MOST_NAMED, troubles
from transit.operations.broker_refusals import OTHERS, BrokerRefusals, RefusalCause
from transit.operations.facts import FleetFacts

NOW = at(7)


def refused(client, count=1, *, cause=RefusalCause.LOGIN, first_s=60, last_s=0):
    """first_s, last_s: before now."""
    first_at, last_at = NOW - timedelta(seconds=first_s), NOW - timedelta(seconds=last_s)
    return BrokerRefusals(cause, client, count, first_at, last_at, "no")


def told(*rows):
    """Of each client that is told: how often it was refused, and since how many seconds."""
    found = troubles(FleetFacts(NOW, broker_refusals=rows))
    return {row.subject: (row.figures["count"], (NOW - row.since).total_seconds()) for row in found}


@pytest.mark.parametrize("cause", [cause for cause in RefusalCause if cause not in (RefusalCause.CLASH, RefusalCause.REQUEST)])
def test_of_invented_names_twenty_are_told_and_the_others_as_one(cause):
    invented = [refused(f"X{n:03}", cause=cause, first_s=300 - n) for n in range(100)]
    rows = told(*invented, refused(OTHERS, 900, cause=cause, first_s=10))
    assert list(rows) == [f"X{n:03}" for n in range(MOST_NAMED)] + [OTHERS]
    assert rows[OTHERS] == (80 + 900, 280.0)


def test_who_tries_again_and_again_is_told_however_many_names_are_invented():
    rows = told(*(refused(f"X{n:03}", first_s=300 - n) for n in range(100)), refused("BUS-7", 12, first_s=30))
    assert rows["BUS-7"] == (12, 30.0)
    assert len(rows) == MOST_NAMED + 1


def test_names_that_are_told_stay_told_while_others_are_invented():
    first = [refused(f"X{n:03}", first_s=300 - n) for n in range(30)]
    before = told(*first)
    assert list(told(*first, *(refused(f"Y{n:03}", first_s=5) for n in range(500)))) == list(before)


def test_devices_under_one_client_id_are_bounded_too_and_one_that_reconnected_is_no_clash():
    clash = RefusalCause.CLASH
    rows = told(*(refused(f"C{n:02}", 5, cause=clash, first_s=300 - n) for n in range(30)), refused("once", cause=clash))
    assert len(rows) == MOST_NAMED + 1
    assert rows[OTHERS] == (50, 280.0)


def test_a_request_or_two_from_an_address_are_a_scanners_and_three_are_a_phone_that_is_set_wrongly():
    request = RefusalCause.REQUEST
    rows = [refused(f"10.0.0.{count}", count, cause=request) for count in (1, 2, 3, 40)]
    assert list(told(*rows)) == ["10.0.0.40", "10.0.0.3"]


def test_up_to_twenty_stand_alone_and_each_cause_has_its_own():
    rows = [refused(f"L{n}") for n in range(MOST_NAMED)] + [refused(f"P{n}", cause=RefusalCause.TOPIC) for n in range(3)]
    assert set(told(*rows)) == {row.client for row in rows}
    assert told(refused("old", first_s=7200, last_s=3600)) == {}


@pytest.mark.parametrize(
    ("words", "case"),
    [
        ('older protocol "MQIsdp" not supported', "mqtt31"),
        ("unacceptable protocol version of 5", "mqtt5"),
        ("expected protocol name to be MQTT, got X", ""),
    ],
)
def test_which_mqtt_a_client_speaks_is_told_as_far_as_the_broker_says_it(words, case):
    row = BrokerRefusals(RefusalCause.PROTOCOL, "10.0.0.7", 3, NOW, NOW, words)
    (trouble,) = troubles(FleetFacts(NOW, broker_refusals=[row]))
    assert trouble.figures["case"] == case
