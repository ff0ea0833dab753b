"""The web's own server: several worker processes on one port, each with its threads."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from granian import Granian
from granian.constants import Interfaces, Loops

from transit.store.parent_death import end_with_parent
from web.factory import create_app
from web.liveness import InHand, give_signs
from web.settings import WebSettings

WORKERS = 2
THREADS = 4  # a request waits for nothing but the processor; more threads only queue in another place


def load(settings: WebSettings, server_pid: int) -> Any:
    """The application of one worker, with its sign of life; it ends with the server."""
    end_with_parent(server_pid)
    in_hand = InHand(create_app(settings))
    give_signs(settings.data_dir, in_hand)
    return in_hand


def serve(settings: WebSettings, *, host: str, port: int, workers: int = WORKERS, logs: dict[str, Any] | None = None) -> None:
    """Serves until SIGINT or SIGTERM; a worker that dies is replaced. Raises OSError where the port is taken.

    logs: a configuration of logging for the server and its workers; None: as the server has it.
    """
    server = Granian(
        "web",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        loop=Loops.asyncio,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=5,
        log_access=False,
        log_dictconfig=logs,
        websockets=False,
    )
    server.serve(target_loader=partial(load, settings, os.getpid()), wrap_loader=False)
