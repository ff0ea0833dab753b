"""A phone's settings in one link, as its app reads it from a QR code."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from gps_ingest.owntracks import FIX_EVERY_S, configuration, import_address
from gps_ingest.receive.forms import KEY_PATH
from transit.store.tracker_credentials import IssuedPassword


def owntracks_link(issued: IssuedPassword, host: str, port: int, tls: bool) -> str:
    """The settings inline in an address that OwnTracks opens (owntracks.org/booklet/features/remoteconfig)."""
    user, password = issued.user, issued.password
    return import_address(configuration(issued.tracker_id, host, port, user=user, password=password, tls=tls))


def traccar_link(issued: IssuedPassword, url: str) -> str:
    """Traccar Client's settings (traccar.org/client-configuration). url: where the phone reaches our receiver.

    The app keeps origin and path of a code that begins with http and drops its query, hence the password in the path.
    """
    settings = {
        "id": issued.tracker_id,
        "accuracy": "highest",
        "interval": FIX_EVERY_S,
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
