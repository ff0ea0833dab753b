"""A phone's settings in one link, as its app reads it from a QR code."""

from __future__ import annotations

import base64
import json

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
