"""A control room on the small cast: messages in, troubles out, as /armada and `doctor` tell them."""

from __future__ import annotations

import json
from datetime import timedelta
from html import unescape

from gps_ingest.ingest.facts import Ingest
from gps_ingest.mqtt import Message
from gps_ingest.operations.doctor import LiveLook, examine
from tests.builders import METRES_PER_DEGREE_LAT, SEVEN, a_network
from transit.operations.limits import InboxLimits
from transit.operations.troubles import TroubleKind as Kind
from transit.store.database import migrate, open_database, writing
from transit.store.networks import save_network
from transit.store.trackers import map_tracker
from web.factory import create_app
from web.live.process import Live
from web.settings import WebSettings
from web.words.troubles import remedy_on_page, wrong

LOCAL = {"REMOTE_ADDR": "127.0.0.1"}


class Control:
    """A control room on the small cast: ingest, the live process and the pages on one clock that is set by hand."""

    def __init__(self, folder, network=None, now=SEVEN):
        self.folder, self.url, self.now = folder, f"sqlite:///{folder / 'control.db'}", now
        self.engine = open_database(self.url)
        migrate(self.engine)
        self.ingest = Ingest(self.engine, lambda: self.now)
        self.live = Live(self.engine, folder, limits=InboxLimits(lasts_s=0.0))  # a trouble is a matter as soon as it is found
        self.load(network or a_network())

    def load(self, network):
        with writing(self.engine) as connection:
            save_network(connection, network, now=self.now, source="test")
        self.ingest.look()
        return self

    def map(self, tracker_id, vehicle_id):
        with writing(self.engine) as connection:
            map_tracker(connection, tracker_id, vehicle_id, now=self.now)
        self.ingest.look()
        return self

    def publish(self, topic, payload):
        """One message, as bytes."""
        self.ingest.take([Message(topic, payload, self.now, 1, 1, 1)])
        return self

    def plays(self, drive, tracker_ids=("T1",), *, clock_s=0.0, frozen=False, off_m=0.0, **fields):
        """clock_s: how far ahead the trackers' clocks are of ours; off_m: how far north of the drive the fixes lie."""
        first = drive[0].reported_at
        for n, report in enumerate(drive):
            self.now = report.received_at
            fix_at = (first if frozen else report.reported_at) + timedelta(seconds=clock_s)
            fix = {
                "latitude": report.lat + off_m / METRES_PER_DEGREE_LAT,
                "longitude": report.lon,
                "timestamp": fix_at.timestamp(),
                **fields,
            }
            for tracker_id in tracker_ids:
                topic = f"transbinjai/v1/trackers/{tracker_id}/position"
                self.ingest.take([Message(topic, json.dumps(fix).encode(), self.now, n, 1, 1)])
        return self

    def waits(self, **time):
        """The live process goes on looking, ten seconds at a time."""
        until = self.now + timedelta(**time)
        while self.now < until:
            self.now += timedelta(seconds=10)
            self.live.step(self.now)
        return self

    def page(self, path, language="en"):
        client = create_app(WebSettings(self.folder, self.url, clock=lambda: self.now, armada_is_local=True)).test_client()
        return client.get(f"{path}?lang={language}", environ_base=LOCAL)

    def row(self, vehicle_id, language="en"):
        """A vehicle's row of /armada."""
        page = self.page("/armada", language).text
        return page.split(f'<th scope="row">{vehicle_id}</th>')[1].split("</tr>")[0]

    def troubles(self):
        """By kind, as doctor finds them; /armada has each of their sentences, in both languages."""
        self.live.step(self.now)
        self.live.facts = self.live.facts.__class__(self.now - timedelta(minutes=1))
        self.live.step(self.now)
        look = LiveLook(self.now, self.live.watch, self.live.standing, self.live.troubles)
        examination = examine(self.engine, "mqtt://127.0.0.1:1", self.folder, self.now, live=look)
        troubles = [trouble for trouble in examination.troubles if trouble.kind is not Kind.BROKER_AWAY]
        for language in ("en", "id"):
            page = unescape(self.page("/armada", language).text)
            for trouble in troubles:
                assert wrong(trouble, language, examination.timezone, self.now) in page
                assert remedy_on_page(trouble, language, examination.timezone, self.now) in page
        for trouble in troubles:
            assert len({wrong(trouble, language, examination.timezone, self.now) for language in ("en", "id")}) == 2
        return {trouble.kind: trouble for trouble in troubles}
