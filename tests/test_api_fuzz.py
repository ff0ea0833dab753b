"""A seeded part of `python -m benchmarks.api_fuzz` at each run, and that it would see a fault."""

from __future__ import annotations

import pytest
from flask import Flask, abort, jsonify

from benchmarks import api_fuzz
from web.api.openapi import document


@pytest.mark.slow
def test_no_described_endpoint_answers_5xx_whatever_it_is_asked():
    with api_fuzz.a_running_city() as (app, names):
        asked = api_fuzz.ask_all(app, names, examples=12, seed=7)
    assert asked.faults == []
    assert set(asked.endpoints) == set(document()["paths"])
    assert min(asked.statuses[200], asked.statuses[400], asked.statuses[404]) > 0, "it reached what lies behind refusals"


def test_a_fault_that_is_planted_is_seen():
    app = Flask("planted")
    parameter = {"name": "stop", "in": "query", "required": True, "schema": {"type": "string"}}
    answers = {"200": {"description": "As asked"}}
    description = {
        "openapi": "3.1.0",
        "info": {"title": "planted", "version": "1"},
        "paths": {"/broken": {"get": {"parameters": [parameter], "responses": answers}}},
    }
    app.add_url_rule(api_fuzz.DESCRIPTION, "description", lambda: jsonify(description))
    app.add_url_rule("/broken", "broken", lambda: abort(502))
    asked = api_fuzz.ask_all(app, {}, examples=3, seed=7)
    assert set(asked.statuses) == {502}
    assert len(asked.faults) == asked.statuses.total() > 0
    assert "/broken" in asked.faults[0]
