"""The composition root: settings out of the environment, and the group of commands."""

from __future__ import annotations

import os
from pathlib import Path

import click

from commands import (
    archive,
    backup,
    broadcast,
    dispatch,
    ground,
    guide,
    network,
    people,
    poll,
    prediction,
    processes,
    recordings,
    run,
    trackers,
)
from commands.common import Settings, clock_of, fail, publication_of, single_sign_on_of
from commands.logs import TEXT, init_logs


def settings_of_environment() -> Settings:
    """What the environment says; README.md has the table. Ends with a sentence where it cannot be used."""
    data_dir = Path(os.environ.get("DATA_DIR") or "var").expanduser().resolve()
    try:
        clock = clock_of(os.environ.get("TRANSIT_NOW", ""), data_dir)
    except ValueError as error:
        fail(str(error))
    return Settings(
        port=_port("PORT", 8000),
        mqtt_port=_port("MQTT_PORT", 1883),
        bind=(bind := os.environ.get("BIND") or "127.0.0.1"),
        mqtt_bind=(mqtt_bind := os.environ.get("MQTT_BIND") or bind),
        mqtt_ws_port=_port("MQTT_WS_PORT", 0) if os.environ.get("MQTT_WS_PORT") else None,
        receive_port=_port("RECEIVE_PORT", 0) if os.environ.get("RECEIVE_PORT") else None,
        receive_bind=os.environ.get("RECEIVE_BIND") or mqtt_bind,
        mqtt_public_url=os.environ.get("MQTT_PUBLIC_URL", ""),
        receive_public_url=os.environ.get("RECEIVE_PUBLIC_URL", ""),
        data_dir=data_dir,
        database_url=os.environ.get("DATABASE_URL") or f"sqlite:///{data_dir / 'transit.db'}",
        mqtt_url=os.environ.get("MQTT_URL", ""),
        tile_url=os.environ.get("TILE_URL", ""),
        admin_password=os.environ.get("ADMIN_PASSWORD", ""),
        armada_is_local=os.environ.get("ARMADA_LOCAL", "") not in ("", "0"),
        backup_dir=Path(os.environ.get("BACKUP_DIR") or data_dir / "backups").expanduser().resolve(),
        backup_key=os.environ.get("BACKUP_KEY", ""),
        keep_days=os.environ.get("KEEP_DAYS", ""),
        inbox_limits=os.environ.get("INBOX_LIMITS", ""),
        allowed_hosts=tuple(name.strip() for name in os.environ.get("ALLOWED_HOSTS", "").split(",") if name.strip()),
        hsts_days=_whole("HSTS_DAYS"),
        clock=clock,
        publication=publication_of(os.environ),
        single_sign_on=single_sign_on_of(os.environ),
        has_live_out=(os.environ.get("LIVE_OUT") or ("0" if os.environ.get("MQTT_URL") else "1")) == "1",
    )


def _whole(name: str) -> int:
    text = os.environ.get(name) or "0"
    if not text.isdigit():
        fail(f"{name} is {text!r}; give a whole number")
    return int(text)


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        fail(f"{name} is {text!r}; give a port number from 1 to 65535")
    return int(text)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Settings come from the environment: PORT, BIND, MQTT_PORT, MQTT_BIND, MQTT_WS_PORT, MQTT_URL, MQTT_PUBLIC_URL, "
    "RECEIVE_PORT, RECEIVE_BIND, RECEIVE_PUBLIC_URL, DATA_DIR, DATABASE_URL, TILE_URL, ADMIN_PASSWORD, ARMADA_LOCAL, "
    "BACKUP_DIR, BACKUP_KEY, KEEP_DAYS, INBOX_LIMITS, TRANSIT_NOW, PUBLIC_URL, ALLOWED_HOSTS, HSTS_DAYS, LOG_FORMAT, "
    "LIVE_OUT, FEED_CONTACT_EMAIL, FEED_CONTACT_URL, FEED_LICENCE, FEED_STEWARD, FEED_REGION, OIDC_ISSUER, OIDC_CLIENT_ID, "
    "OIDC_CLIENT_SECRET, OIDC_ROLES, OIDC_ROLE_CLAIM, OIDC_SCOPE, OIDC_LABEL. README.md says what each is.",
)
@click.pass_context
def main(context: click.Context) -> None:
    """Trans Binjai: from a tracker's MQTT message to the rider's page and GTFS-Realtime."""
    try:
        init_logs(os.environ.get("LOG_FORMAT") or TEXT)
    except ValueError as error:
        fail(str(error))
    context.obj = settings_of_environment()


for command in (
    run.run,
    run.doctor,
    processes.web,
    processes.ingest,
    processes.receive,
    processes.live,
    processes.broker,
    processes.simulate,
    recordings.replay,
    network.gtfs,
    trackers.trackers,
    people.people,
    people.audit,
    dispatch.assign,
    dispatch.depart,
    prediction.relearn,
    prediction.explain,
    prediction.scorecard,
    prediction.compare,
    archive.archive,
    broadcast.broadcast,
    poll.poll,
    backup.backup,
    backup.restore,
    ground.ground,
    guide.signs,
    guide.places,
    guide.services,
):
    main.add_command(command)

if __name__ == "__main__":
    main()
