"""Dispatchers' departure orders: one for each vehicle, until it is withdrawn or long past."""

from __future__ import annotations

from datetime import timedelta

from tests.builders import SEVEN, at
from transit.forecasting.departure_orders import DepartureOrder
from transit.store.database import Engine
from transit.store.departure_orders import load_departure_orders, say, withdraw

FIRST = DepartureOrder("BUS1", at(7, 15), SEVEN)
OTHER = DepartureOrder("BUS2", at(7, 20), SEVEN)
NEWER = DepartureOrder("BUS1", at(7, 25), SEVEN + timedelta(minutes=1))


def test_an_order_is_kept_to_the_microsecond_and_the_newest_one_counts(database: Engine) -> None:
    odd = DepartureOrder("BUS3", at(7, 30) + timedelta(microseconds=1), SEVEN)
    with database.begin() as connection:
        for order in (odd, OTHER, FIRST):
            say(connection, order)
        assert load_departure_orders(connection, SEVEN) == [FIRST, OTHER, odd]
        say(connection, NEWER)
        assert load_departure_orders(connection, SEVEN) == [NEWER, OTHER, odd]


def test_an_order_that_is_withdrawn_is_gone_and_the_others_stay(database: Engine) -> None:
    with database.begin() as connection:
        say(connection, FIRST)
        say(connection, OTHER)
        withdraw(connection, "BUS1")
        withdraw(connection, "nobody")
        assert load_departure_orders(connection, SEVEN) == [OTHER]


def test_to_withdraw_what_was_followed_leaves_what_was_said_since(database: Engine) -> None:
    with database.begin() as connection:
        say(connection, NEWER)
        withdraw(connection, "BUS1", said_at=FIRST.said_at)
        assert load_departure_orders(connection, SEVEN) == [NEWER]
        withdraw(connection, "BUS1", said_at=NEWER.said_at)
        assert load_departure_orders(connection, SEVEN) == []


def test_an_order_is_not_loaded_when_its_time_is_more_than_an_hour_past(database: Engine) -> None:
    with database.begin() as connection:
        say(connection, FIRST)
        assert load_departure_orders(connection, at(8, 15)) == [FIRST]
        assert load_departure_orders(connection, at(8, 15, 1)) == []
