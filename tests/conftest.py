"""What tests of several rooms share: real brokers, processes that are ended, and the rule that CI skips nothing."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import settings
from sqlalchemy import Connection, Engine, event

from gps_ingest import broker

# The same examples at every run: what lands must not depend on luck.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
HOUSE = Path(__file__).resolve().parent.parent
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--accept-lang=id-ID",  # pages follow the browser's language; the tests read Indonesian
]


ENGINES: set[Engine] = set()  # that a test has used


@event.listens_for(Engine, "engine_connect")
def _is_used(connection: Connection) -> None:
    ENGINES.add(connection.engine)


@pytest.fixture(autouse=True)
def close_files_of_databases() -> Iterator[None]:
    """Files left open by one test would fail another: paho waits with select(), which takes no file number above 1023."""
    yield
    while ENGINES:
        ENGINES.pop().dispose()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test with processes or a browser that fails is run once more, and the summary names it: decision 0113."""
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=5))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """With CI=true a test that is skipped has failed: what it needs is missing."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, and CI skips nothing: {call.excinfo and call.excinfo.value}"
    return report


def _listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), 0.2):
        return True


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(what: Callable[[], Any], seconds: float = 20.0) -> Any:
    """What is true within so many seconds, or fails."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError, KeyError):
            if found := what():
                return found
        time.sleep(0.05)
    raise AssertionError("it did not come true in time")


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts `python app.py ...` with its own DATA_DIR and ports; all that was started is killed in the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str, **environment: str) -> subprocess.Popen[bytes]:
        clean = {name: value for name, value in os.environ.items() if name not in ("MQTT_URL", "DATABASE_URL", "TRANSIT_NOW")}
        process = subprocess.Popen(
            [sys.executable, str(HOUSE / "app.py"), *words],
            env={**clean, "DATA_DIR": str(tmp_path), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        return process

    yield start
    left = []
    for process in started:
        with suppress(psutil.NoSuchProcess):
            left += psutil.Process(process.pid).children(recursive=True)
        process.kill()
    _, alive = psutil.wait_procs(left, timeout=30)  # they end with their parent
    names = []
    for child in alive:
        with suppress(psutil.NoSuchProcess):
            names.append(" ".join(child.cmdline()[-2:]))
            child.kill()
    for process in started:
        process.communicate()
    assert not names, f"{names} went on for half a minute after their parent"


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[str]:
    """The broker that comes with the dependencies; its url."""
    running = broker.start(tmp_path / "embedded", "127.0.0.1", free_port())
    yield running.url
    running.stop()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[str]:
    """A Mosquitto as docs/TRACKERS.md sets it up; its url."""
    path = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    if path is None:
        pytest.skip("no Mosquitto: apt install mosquitto")
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    folder.chmod(0o777)
    port = free_port()
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {folder}/\n"
        "max_queued_messages 100000\nmax_inflight_messages 1000\n" + ("user root\n" if os.geteuid() == 0 else "")
    )
    process = subprocess.Popen([path, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: _listens(port))
    yield f"mqtt://127.0.0.1:{port}"
    process.kill()
    process.wait()


def _postgres_programs() -> Path:
    """The folder of initdb and pg_ctl; Debian keeps them out of PATH."""
    found = shutil.which("pg_ctl")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    pytest.skip("no PostgreSQL: apt install postgresql")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL of our own in a temporary folder; its url. It refuses root, so as root it runs as nobody."""
    programs = _postgres_programs()
    folder = Path(tempfile.mkdtemp(prefix="transit-pg-"))
    user = None
    if os.geteuid() == 0:
        user = "nobody"
        shutil.chown(folder, user)
    port, data = free_port(), folder / "data"
    clean = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "HOME": str(folder)}

    def run(program: str, *words: str) -> None:
        subprocess.run(
            [programs / program, *words],
            user=user,
            cwd=folder,
            env=clean,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    try:
        run("initdb", "-D", str(data), "-U", "transit", "--auth=trust", "--no-sync", "-E", "UTF8")
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://transit@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["embedded", "mosquitto"])
def any_broker(request: pytest.FixtureRequest) -> str:
    """Each of the brokers that we promise to work with."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """Serves an application on a free port; returns its address."""
    from werkzeug.serving import make_server

    servers = []

    def start(app: Any) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.port}"

    yield start
    for server in servers:
        server.shutdown()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real browser: the one that CHROMIUM names, else the system's."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium: install one, or name it in CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
