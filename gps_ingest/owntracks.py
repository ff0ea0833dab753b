"""The configuration of OwnTracks that works with our broker, as a file to import and as an address for a QR code."""

from __future__ import annotations

import base64
import json

MQTT_MODE = 0  # of the app; its other mode is HTTP
MQTT_311 = 4  # the app's default on Android is 3 (MQTT 3.1), which the embedded broker refuses
MOVE_MODE = 2  # a fix every moveModeLocatorInterval seconds while the phone moves
FIX_EVERY_S = 10  # a bus is asked for its place so often
PHONE_KEEPALIVE_S = 60


def configuration(
    tracker_id: str, host: str, port: int, *, user: str = "", password: str = "", tls: bool = False
) -> dict[str, object]:
    """tracker_id: USER/DEVICE. user, password: for the broker; without a password it is not asked for one.

    The keys are those of https://owntracks.org/booklet/tech/json (_type=configuration).
    """
    name, device = tracker_id.split("/")
    return {
        "_type": "configuration",
        "mode": MQTT_MODE,
        "host": host,
        "port": port,
        "mqttProtocolLevel": MQTT_311,
        "tls": tls,
        "ws": False,
        "auth": bool(password),
        "username": user or name,
        "password": password,
        "deviceId": device,
        "clientId": f"{name}-{device}",
        "tid": name[-2:],
        "pubTopicBase": f"owntracks/{name}/{device}",
        "pubQos": 1,
        "pubRetain": False,
        "sub": False,  # the broker lets no tracker subscribe
        "cmd": False,
        "cleanSession": False,
        "keepalive": PHONE_KEEPALIVE_S,
        "monitoring": MOVE_MODE,
        "moveModeLocatorInterval": FIX_EVERY_S,
        "encryptionKey": "",
    }


def import_address(settings: dict[str, object]) -> str:
    """What the app imports when the phone opens it: a QR code of this sets the phone up."""
    packed = base64.b64encode(json.dumps(settings, separators=(",", ":")).encode()).decode()
    return f"owntracks:///config?inline={packed}"
