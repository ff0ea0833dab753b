"""`broadcast`: positions of buses in service for everybody, over MQTT."""

from __future__ import annotations

import logging

import click

from commands.common import Settings, example, open_engine, pass_settings, stop_on_signal

STEP_S = 1.0  # the live process writes once a second


@click.command(
    epilog=example("python app.py broadcast", "mosquitto_sub -u transit-public -P public -t 'transbinjai/v1/live/#'")
)
@pass_settings
def broadcast(settings: Settings) -> None:
    """Publish positions of buses in service below transbinjai/v1/live, where everybody may read them (docs/WEB.md)."""
    from gps_ingest.live_out import LiveOut
    from gps_ingest.mqtt import Outlet
    from transit.store.networks import load_network
    from web.live.snapshot import SnapshotReader

    stop_event, engine = stop_on_signal(), open_engine(settings)
    outlet = Outlet(settings.broker_url, "transit-broadcast")
    live, reader = LiveOut(outlet.publish), SnapshotReader(settings.data_dir)
    network, version, made_at = None, "", None
    while not stop_event.wait(STEP_S):
        snapshot = reader.read()
        if snapshot is None or snapshot.made_at == made_at or not snapshot.network_version:
            continue
        made_at = snapshot.made_at
        if snapshot.network_version != version:
            version = snapshot.network_version
            with engine.connect() as connection:
                network = load_network(connection, version)
            logging.getLogger(__name__).info("network %s", version)
        if network is not None and outlet.is_connected:
            parked = {vehicle.vehicle_id for vehicle in snapshot.standing if vehicle.is_parked}
            live.tell(network, snapshot.all_states(), parked, settings.clock())
    outlet.close()
