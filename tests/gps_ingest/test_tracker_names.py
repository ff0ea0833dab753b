"""A name that no topic can carry is refused with the reason; the phone's configuration speaks MQTT 3.1.1."""

import base64
import json

import pytest

from gps_ingest.owntracks import configuration, import_address
from gps_ingest.tracker_names import objection_to


@pytest.mark.parametrize("name", ["356307042441013", "driver7/phone", "BM-7012.RA", "a" * 120])
def test_a_name_that_a_topic_carries_is_taken(name):
    assert objection_to(name) is None


@pytest.mark.parametrize("name", ["", "driver seven/phone", "a+b", "a#", "a/b/c", "/a", "a/", "a\tb", "a" * 121])
def test_a_name_that_no_topic_carries_is_refused(name):
    assert objection_to(name)


def test_the_phones_configuration_speaks_mqtt_3_1_1_and_publishes_where_we_listen():
    made = configuration("driver7/phone", "bus.example.org", 1883)
    assert (made["mqttProtocolLevel"], made["pubTopicBase"], made["auth"]) == (4, "owntracks/driver7/phone", False)
    assert configuration("driver7/phone", "h", 1, password="x")["auth"] is True
    packed = import_address(made).removeprefix("owntracks:///config?inline=")
    assert json.loads(base64.b64decode(packed)) == made
