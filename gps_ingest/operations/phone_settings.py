"""A phone's settings in one link, as its app reads it from a QR code."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, urlencode

from gps_ingest.receive.forms import KEY_PATH
from transit.store.tracker_credentials import IssuedPassword

MQTT_MODE = 0
MOVE_S = 10  # a bus is asked for its place so often
KEEPALIVE_S = 60


def owntracks_link(issued: IssuedPassword, host: str, port: int, tls: bool) -> str:
    """owntracks:///config with the settings inline (owntracks.org/booklet/features/remoteconfig)."""
    user, _, device = issued.tracker_id.partition("/")
    settings = {
        "_type": "configuration",
        "mode": MQTT_MODE,
        "host": host,
        "port": port,
        "tls": tls,
        "auth": True,
        "username": issued.user,
        "password": issued.password,
        "deviceId": device,
        "clientId": f"{user}{device}",
        "tid": device[-2:],
        "pubTopicBase": f"owntracks/{issued.tracker_id}",
        "pubQos": 1,
        "pubRetain": False,
        "sub": False,
        "cmd": False,
        "cleanSession": False,
        "keepalive": KEEPALIVE_S,
        "monitoring": 2,
        "moveModeLocatorInterval": MOVE_S,
        "mqttProtocolLevel": 4,
    }
    return "owntracks:///config?inline=" + base64.urlsafe_b64encode(json.dumps(settings).encode()).decode()


def traccar_link(issued: IssuedPassword, url: str) -> str:
    """Traccar Client's settings (traccar.org/client-configuration). url: where the phone reaches our receiver.

    The app keeps origin and path of a code that begins with http and drops its query, hence the password in the path.
    """
    settings = {
        "id": issued.tracker_id,
        "accuracy": "highest",
        "interval": MOVE_S,
        "distance": 0,  # by time alone: a bus that stands is heard, too
        "buffer": "true",
        "stop_detection": "false",
        "wakelock": "true",
    }
    return f"{url.rstrip('/')}{KEY_PATH}{quote(issued.password)}?{urlencode(settings)}"


def phone_links(issued: IssuedPassword, host: str, mqtt_port: int, receive_port: int | None) -> dict[str, str]:
    """App -> its settings, of those that can report under this id: OwnTracks as user/device, Traccar Client if we listen."""
    links = {}
    if "/" in issued.tracker_id:
        links["OwnTracks"] = owntracks_link(issued, host, mqtt_port, tls=False)
    if receive_port is not None:
        links["Traccar Client"] = traccar_link(issued, f"http://{host}:{receive_port}")
    return links
