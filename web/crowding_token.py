"""The token that a page carries for a tap on how full a bus is: of which bus, of which phone, until when. No cookie.

A phone is told from another by a number of 16 bits: a keyed digest of its address and browser, another one for each trip. Two
taps of one phone are one; who it was cannot be found again, since thousands of addresses have the same number.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, unquote

from flask import current_app, request
from itsdangerous import BadSignature, Signer

from transit.plan.network import TripInstance
from web.log_ins import address_of_client

NEW_EVERY = timedelta(minutes=5)  # so that a page that is asked for again within it is the same bytes
GOOD_FOR = timedelta(minutes=30)  # a page longer open speaks of another stretch of the trip
TAPS_PER_NETWORK = 12  # a minute, of one network at one worker: a full bus of phones behind one address, not a script
SALT = "crowding"


class BadToken(Exception):
    """Not a token that we made."""


@dataclass(frozen=True, slots=True)
class TapToken:
    vehicle_id: str
    trip: TripInstance
    phone: int
    made_at: datetime

    def is_good(self, now: datetime) -> bool:
        return now - self.made_at <= GOOD_FOR


def crowding_token(vehicle_id: str, trip: TripInstance, now: datetime) -> str:
    """For the phone that asks for this page. Its fields stand in it as they stand elsewhere in the page, which packs them."""
    slot = int(now.timestamp() // NEW_EVERY.total_seconds())
    day = trip.start_date.strftime("%Y%m%d")
    fields = [vehicle_id, trip.trip_id, day, trip.start_s, _phone(f"{vehicle_id} {trip.trip_id} {day} {trip.start_s}"), slot]
    return _signer().sign("/".join("" if field is None else quote(str(field), safe="") for field in fields)).decode()


def read_token(text: str, zone_now: datetime) -> TapToken:
    """Raises BadToken."""
    try:
        fields = _signer().unsign(text.encode()).decode().split("/")
        vehicle_id, trip_id, day, start_s, phone, slot = map(unquote, fields)
    except (BadSignature, ValueError):
        raise BadToken from None
    start_date = datetime.strptime(day, "%Y%m%d").date()  # noqa: DTZ007
    made_at = datetime.fromtimestamp(int(slot) * NEW_EVERY.total_seconds(), zone_now.tzinfo)
    return TapToken(vehicle_id, TripInstance(trip_id, start_date, int(start_s) if start_s else None), int(phone), made_at)


def _phone(bus: str) -> int:
    browser = f"{request.headers.get('User-Agent', '')}\n{request.headers.get('Accept-Language', '')}"
    text = f"{SALT}\n{bus}\n{address_of_client()}\n{browser}"
    return int.from_bytes(hmac.digest(current_app.config["SECRET_KEY"], text.encode(), "sha256")[:2], "big")


def _signer() -> Signer:
    return Signer(current_app.config["SECRET_KEY"], salt=SALT, sep="/")
