"""The table of columns fits the records that are made from it."""

from __future__ import annotations

from dataclasses import fields

import pytest

from gtfs import columns
from gtfs.columns import Table
from gtfs.kinds import format_float
from transit.plan.network import Agency, FeedInfo, Frequency, Route, ShapePoint, Stop, StopTime, Translation, Trip


@pytest.mark.parametrize(
    ("table", "record", "keys", "not_in_the_file"),
    [
        (columns.AGENCY, Agency, 0, {"extra"}),
        (columns.STOPS, Stop, 0, {"extra"}),
        (columns.ROUTES, Route, 0, {"extra"}),
        (columns.TRIPS, Trip, 0, {"stop_times", "extra"}),
        (columns.STOP_TIMES, StopTime, 1, {"extra"}),
        (columns.SHAPES, ShapePoint, 1, {"extra"}),
        (columns.FREQUENCIES, Frequency, 0, {"extra"}),
        (columns.FEED_INFO, FeedInfo, 0, {"extra"}),
        (columns.TRANSLATIONS, Translation, 0, set()),
    ],
)
def test_columns_stand_in_the_order_of_the_fields(table: Table, record: type, keys: int, not_in_the_file: set[str]) -> None:
    names = [field.name for field in fields(record) if field.name not in not_in_the_file]
    assert [column.attribute for column in table.columns[keys:]] == names


@pytest.mark.parametrize(
    ("value", "text"), [(3.0, "3.0"), (1e-07, "0.0000001"), (-98.5, "-98.5"), (1e22, "10000000000000000000000"), (0.1, "0.1")]
)
def test_numbers_are_written_without_an_exponent_and_read_back_the_same(value: float, text: str) -> None:
    assert format_float(value) == text
    assert float(text) == value
