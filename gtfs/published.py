"""The network as the public gets it: without trips of a demonstration, and with whom to ask and under which licence."""

from __future__ import annotations

from dataclasses import dataclass, replace

from transit.plan.network import FeedInfo, Network

LICENCE_COLUMN = "feed_license"  # the standard has none; readers pass over columns that they do not know


@dataclass(frozen=True, slots=True)
class Publication:
    """What the operator says of its open data; all of it may be empty.

    public_url: where this system is reached, without a slash at the end. licence: an address such as
    https://creativecommons.org/licenses/by/4.0/. steward: who answers for the data in the city (walidata).
    region_code: of the ministry of home affairs, such as 12.75.
    """

    contact_email: str = ""
    contact_url: str = ""
    licence: str = ""
    public_url: str = ""
    steward: str = ""
    region_code: str = ""

    @property
    def question_url(self) -> str:
        """Where to ask: the operator's word, else the form for riders of this system."""
        return self.contact_url or (f"{self.public_url}/lapor" if self.public_url else "")


UNSAID = Publication()


def published(network: Network, publication: Publication) -> Network:
    """A real feed loses its demonstration trips; feed_info.txt gets what the operator says where the feed says nothing."""
    real = as_real(network)
    info = real.feed_info or _own_feed_info(real)
    extra = {LICENCE_COLUMN: publication.licence, **info.extra} if publication.licence else info.extra
    feed_info = replace(
        info,
        contact_email=info.contact_email or publication.contact_email,
        contact_url=info.contact_url or publication.question_url,
        extra=extra,
    )
    has_words = bool(publication.contact_email or publication.question_url or publication.licence)
    return replace(real, feed_info=feed_info) if has_words else real


def licence_of(network: Network, publication: Publication) -> str:
    """The feed's own word for it, else the operator's; empty where nobody says."""
    own = network.feed_info.extra.get(LICENCE_COLUMN, "") if network.feed_info is not None else ""
    return own or publication.licence


def _own_feed_info(network: Network) -> FeedInfo:
    agency = network.agencies[0]
    return FeedInfo(agency.name, agency.url, agency.lang or "mul")


def as_real(network: Network) -> Network:
    """The sample as it is; any other feed without the trips of a demonstration, and without what only they need.

    Who begins with the sample and makes it a city's own feed may have left them in: no bus may be matched to one.
    """
    if network.is_sample:
        return network
    gone = {trip_id for trip_id, trip in network.trips.items() if trip.is_demo}
    if not gone:
        return network
    trips = {trip_id: trip for trip_id, trip in network.trips.items() if trip_id not in gone}
    services = {network.trips[trip_id].service_id for trip_id in gone} - {trip.service_id for trip in trips.values()}
    shapes = {network.trips[trip_id].shape_id for trip_id in gone} - {trip.shape_id for trip in trips.values()}
    return replace(
        network,
        trips=trips,
        frequencies=tuple(row for row in network.frequencies if row.trip_id not in gone),
        calendars={service_id: row for service_id, row in network.calendars.items() if service_id not in services},
        calendar_dates=tuple(row for row in network.calendar_dates if row.service_id not in services),
        shapes={shape_id: shape for shape_id, shape in network.shapes.items() if shape_id not in shapes},
        translations=tuple(row for row in network.translations if not (row.table_name == "trips" and row.record_id in gone)),
    )
