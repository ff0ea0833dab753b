"""A phone's settings in one link, as its app reads it from a QR code."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from gps_ingest.owntracks import FIX_EVERY_S, configuration, import_address
from gps_ingest.receive.forms import KEY_PATH
from transit.store.tracker_credentials import IssuedPassword

NEAR = "127.0.0.1"  # what a tracker on this very machine types, where nothing says how others reach us


@dataclass(frozen=True, slots=True)
class WaysIn:
    """Where trackers reach us. host: of the broker, None where no setting says it; receive_url: empty where none does."""

    host: str | None
    mqtt_port: int
    tls: bool = False
    receive_url: str = ""
    receive_port: int | None = None

    def broker_at(self, host: str | None) -> str:
        """host: by which name somebody knows us, for want of a setting."""
        return f"{self.host or host or NEAR}:{self.mqtt_port}{' (TLS)' if self.tls else ''}"

    def receiver_at(self, host: str | None) -> str | None:
        """The address of `receive`; None where it is not offered."""
        if self.receive_url or self.receive_port is None:
            return self.receive_url or None
        return f"http://{host or self.host or NEAR}:{self.receive_port}"


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


def phone_links(issued: IssuedPassword, host: str | None, ways: WaysIn) -> dict[str, str]:
    """App -> its settings, of the one that can report under this id: OwnTracks as user/device, else Traccar Client.

    host: by which name somebody knows us, for want of a setting.
    """
    if "/" in issued.tracker_id:
        return {"OwnTracks": owntracks_link(issued, ways.host or host or NEAR, ways.mqtt_port, tls=ways.tls)}
    url = ways.receiver_at(host)
    return {} if url is None else {"Traccar Client": traccar_link(issued, url)}
