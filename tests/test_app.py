"""The command line as a user meets it: one command starts everything, and every mistake has a way out."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import psutil
import pytest

from tests.builders import a_report
from tests.conftest import HOUSE, free_port, until
from transit.store.database import open_database, writing
from transit.store.departure_orders import load_departure_orders
from transit.store.vehicles import save_states
from transit.tracking.state import MatchedPosition, VehicleState, VehicleStatus

pytestmark = pytest.mark.slow
SAMPLE = HOUSE / "data" / "binjai"
READY_S = 240.0  # seconds in ordinary times; as long as this beside other work (load 20 on two cores)


def ports():
    return {"PORT": str(free_port()), "MQTT_PORT": str(free_port())}


def run(tmp_path, *words, **environment):
    """(exit code, all that it said) of a command."""
    clean = {name: value for name, value in os.environ.items() if name not in ("MQTT_URL", "DATABASE_URL", "TRANSIT_NOW")}
    done = subprocess.run(
        [sys.executable, str(HOUSE / "app.py"), *words], env={**clean, "DATA_DIR": str(tmp_path / "var"), **environment},
        capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def get(environment, path):
    with urlopen(f"http://127.0.0.1:{environment['PORT']}{path}", timeout=5) as answer:
        return answer.read()


def health(environment):
    try:
        return json.loads(get(environment, "/healthz"))
    except HTTPError as error:
        return json.loads(error.read())


def started(command, environment, *words):
    process = command("run", *words, **environment)
    until(lambda: health(environment)["live"], READY_S)
    return process


def family(process):
    return psutil.Process(process.pid).children(recursive=True)


def words_of(process):
    """Its command line; none of one that has just ended."""
    with suppress(psutil.Error):
        return process.cmdline()
    return []


def simulates(process):
    return any("simulate" in words_of(child) for child in family(process))


def test_the_demo_has_moving_buses_with_arrivals_half_a_minute_after_its_start(command):
    environment = ports()
    started(command, environment, "--demo")
    ready = time.monotonic()

    def trips():
        feed = json.loads(get(environment, "/gtfs-rt/trip_updates.json"))
        positions = json.loads(get(environment, "/gtfs-rt/vehicle_positions.json"))
        on_trip = {one["vehicle"]["vehicle"]["id"] for one in positions.get("entity", []) if one["vehicle"].get("trip")}
        return len(on_trip) >= 4 and len({one["trip_update"]["vehicle"]["id"] for one in feed.get("entity", [])}) >= 4

    until(trips, 30)
    assert time.monotonic() - ready < 30
    page = get(environment, "/").decode()
    assert "Contoh jaringan, belum diverifikasi" in page
    assert "Bus simulasi" in get(environment, "/peta").decode()
    metrics = get(environment, "/metrics").decode()
    assert "ingest_reports_total" in metrics
    assert "web_requests_total" in metrics
    assert "live_steps_total" in metrics


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("whom", ["parent", "group"])
def test_a_signal_ends_every_process_within_ten_seconds(tmp_path, number, whom):
    environment = ports()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", sys.executable, str(HOUSE / "app.py"), "run", "--demo"],
        env={**os.environ, **environment, "DATA_DIR": str(tmp_path)}, start_new_session=True, stdout=quiet, stderr=quiet,
    )  # fmt: skip
    try:
        until(lambda: health(environment)["live"], READY_S)
        children = family(process)
        assert len(children) >= 5
        (os.kill if whom == "parent" else os.killpg)(process.pid, number)
        assert process.wait(10) == 0
        _, alive = psutil.wait_procs(children, timeout=1)
        assert not alive
    finally:
        process.kill()
        process.wait()


def _hear_sigint() -> None:
    """Before exec: a shell that hands SIGINT down as ignored (nohup, cron, `&`) would make it deaf for good."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_make_that_is_interrupted_alone_takes_everything_with_it(tmp_path):
    """`kill -INT` of make: make waits for its child, which was told nothing."""
    environment = ports()
    makefile = tmp_path / "Makefile"
    makefile.write_text(f"run:\n\t@exec {sys.executable} {HOUSE / 'app.py'} run\n")
    process = subprocess.Popen(
        ["make", "-s", "-f", str(makefile), "run"], env={**os.environ, **environment, "DATA_DIR": str(tmp_path)},
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=_hear_sigint,
    )  # fmt: skip
    try:
        until(lambda: health(environment), READY_S)
        children = family(process)
        os.kill(process.pid, signal.SIGINT)
        process.wait(10)
        _, alive = psutil.wait_procs(children, timeout=1)
        assert not alive
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # make alone would leave the system running
        process.wait()


def test_a_parent_killed_outright_leaves_nothing_running(command):
    environment = ports()
    process = started(command, environment)
    children = family(process)
    process.kill()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


def test_a_child_that_dies_is_started_again_and_the_data_is_kept(command, tmp_path):
    environment = ports()
    process = started(command, environment, "--demo")
    until(lambda: health(environment)["vehicles"] >= 4, READY_S)
    for name in ("live", "ingest", "broker", "web"):
        for child in family(process):
            words = words_of(child)
            if words and (name in words[-1:] or (name == "broker" and "nats-server" in words[0])):
                with suppress(psutil.Error):  # it ended with the one before it
                    child.kill()
    time.sleep(1.0)
    until(lambda: health(environment)["live"] and health(environment)["last_report_age_s"] < 10, READY_S)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    started(command, environment)
    assert health(environment)["network_version"]


def test_taken_ports_and_a_taken_data_dir_are_clear_sentences(command, tmp_path):
    environment = ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(environment["PORT"])))
        taken.listen()
        code, said = run(tmp_path, "run", **environment)
    assert (code, "Traceback" in said) == (1, False)
    assert f"Port {environment['PORT']} on 127.0.0.1 is taken" in said
    assert "PORT=" in said
    started(command, environment)
    code, said = run(tmp_path, "run", **ports(), DATA_DIR=str(tmp_path))
    assert code == 1
    assert "is in use by another app.py run" in said


def test_without_the_sample_no_demo_fleet_drives(command, tmp_path):
    from gtfs.writer import write_network
    from tests.builders import a_network

    (tmp_path / "town.zip").write_bytes(write_network(a_network()))
    assert run(tmp_path, "gtfs", "import", str(tmp_path / "town.zip"), DATA_DIR=str(tmp_path))[0] == 0
    environment = ports()
    process = started(command, environment, "--demo")
    time.sleep(3)
    assert health(environment)["vehicles"] == 0
    assert not simulates(process)
    code, said = run(tmp_path, "simulate", DATA_DIR=str(tmp_path))
    assert code == 1
    assert "not the sample" in said


def test_a_running_system_takes_up_a_new_network_and_the_demo_fleet_leaves(command, tmp_path):
    from gtfs.writer import write_network
    from tests.builders import a_network

    environment = ports()
    process = started(command, environment, "--demo")
    before = health(environment)["network_version"]
    (tmp_path / "town.zip").write_bytes(write_network(a_network()))
    code, said = run(tmp_path, "gtfs", "import", str(tmp_path / "town.zip"), DATA_DIR=str(tmp_path))
    assert code == 0, said
    until(lambda: health(environment)["network_version"] != before, 15)
    until(lambda: b"/koridor/R1" in get(environment, "/"), 15)
    assert until(lambda: not simulates(process), 15)


def test_a_broken_feed_is_refused_with_file_line_and_field_and_the_last_good_one_stays(tmp_path):
    import shutil

    assert run(tmp_path, "gtfs", "import", str(SAMPLE))[0] == 0
    broken = tmp_path / "broken"
    shutil.copytree(SAMPLE, broken)
    text = (broken / "stop_times.txt").read_text().replace("06:34:05", "soon", 1)
    (broken / "stop_times.txt").write_text(text)
    code, said = run(tmp_path, "gtfs", "import", str(broken))
    assert code == 1
    assert "stop_times.txt line 3, arrival_time" in said
    code, said = run(tmp_path, "gtfs", "export", str(tmp_path / "out.zip"))
    assert code == 0
    first = (tmp_path / "out.zip").read_bytes()
    run(tmp_path, "gtfs", "export", str(tmp_path / "again.zip"))
    assert (tmp_path / "again.zip").read_bytes() == first
    code, said = run(tmp_path, "gtfs", "validate", str(tmp_path / "out.zip"), "--country", "ID")
    assert (code, "no error" in said) == (0, True)
    assert run(tmp_path, "gtfs", "validate", str(broken))[0] == 1


def test_the_doctor_names_what_is_wrong_and_how_to_mend_it(tmp_path, command):
    nowhere = {"MQTT_URL": f"mqtt://127.0.0.1:{free_port()}"}
    code, said = run(tmp_path, "doctor", **nowhere)
    assert code == 1
    assert "is empty. Start once with: python app.py run" in said
    run(tmp_path, "gtfs", "import", str(SAMPLE))
    code, said = run(tmp_path, "doctor", **nowhere, TRANSIT_NOW="2031-01-01T00:00:00Z")
    assert code == 1
    for sentence in ("The feed expired", "No report of any tracker", "cannot be reached", "written nothing yet"):
        assert sentence in said
    environment = {**ports(), "DATA_DIR": str(tmp_path / "well")}
    started(command, environment, "--demo")

    def well():
        code, said = run(tmp_path, "doctor", **environment)
        return code == 0 or re.fullmatch(r"- The clock of tracker demo-2 is 1[45]\d s ahead \(.*\n", said)

    until(well, READY_S)


def test_a_schema_that_is_not_known_is_refused_with_the_way_out(tmp_path):
    import sqlite3

    run(tmp_path, "gtfs", "import", str(SAMPLE))
    with sqlite3.connect(tmp_path / "var" / "transit.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for words in (("run",), ("ingest",), ("live",), ("web",), ("trackers", "list")):
        code, said = run(tmp_path, *words, **ports())
        assert code == 1
        assert "does not know" in said
        assert "Traceback" not in said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "eighty", "PORT is 'eighty'"),
        ("MQTT_PORT", "99999", "MQTT_PORT is '99999'"),
        ("TRANSIT_NOW", "tomorrow", "TRANSIT_NOW is 'tomorrow'"),
        ("DATABASE_URL", "mysql//x", "DATABASE_URL cannot be used"),
        ("MQTT_URL", "http://x", "MQTT_URL is 'http://x'"),
    ],
)
def test_a_setting_that_cannot_be_is_named(tmp_path, name, value, said):
    run(tmp_path, "gtfs", "import", str(SAMPLE))
    code, text = run(tmp_path, "ingest", **{**ports(), name: value})
    assert code == 1
    assert said in text
    assert "Traceback" not in text


def test_every_command_has_help_with_an_example(tmp_path):
    import app

    def walk(command, words):
        if hasattr(command, "commands"):
            for name, one in command.commands.items():
                yield from walk(one, (*words, name))
        else:
            yield words, command

    for words, command in walk(app.main, ()):
        assert command.help, words
        assert "python app.py" in (command.epilog or ""), words
    code, said = run(tmp_path, "--help")
    assert code == 0
    assert "PORT" in said


def test_mapping_and_assigning_check_what_they_are_given(tmp_path):
    run(tmp_path, "gtfs", "import", str(SAMPLE))
    assert "is on vehicle BUS-1" in run(tmp_path, "trackers", "map", "T1", "BUS-1")[1]
    assert "T1 is on BUS-1, too" in run(tmp_path, "trackers", "map", "T2", "BUS-1")[1]
    assert "T1 on BUS-1: never heard" in run(tmp_path, "trackers", "list")[1]
    assert run(tmp_path, "assign", "BUS-1", "--route", "biru")[0] == 0
    code, said = run(tmp_path, "assign", "BUS-1", "--route", "ungu")
    assert code == 1
    assert "biru" in said
    assert run(tmp_path, "assign", "BUS-1", "--trip", "none")[0] == 1
    assert run(tmp_path, "assign", "BUS-1")[0] == 2
    assert run(tmp_path, "assign", "BUS-1", "--clear")[0] == 0
    assert run(tmp_path, "trackers", "unmap", "T2")[0] == 0
    for orders in (("assign", "BUS-X", "--clear"), ("depart", "BUS-X", "--clear"), ("trackers", "unmap", "T9")):
        code, said = run(tmp_path, *orders)
        assert code == 1, orders
        assert "there are: BUS-1" in said or "on vehicles are: T1" in said


def test_a_departure_is_said_in_the_agencys_time_and_checked(tmp_path):
    run(tmp_path, "gtfs", "import", str(SAMPLE))
    code, said = run(tmp_path, "depart", "BUS-1", "--at", "07:15")
    assert code == 1
    assert "no vehicle 'BUS-1'" in said
    engine = open_database(f"sqlite:///{tmp_path}/var/transit.db")
    with writing(engine) as connection:
        save_states(connection, [a_waiting_bus()])
    assert run(tmp_path, "depart", "BUS-1")[0] == 2
    code, said = run(tmp_path, "depart", "BUS-1", "--at", "7.15")
    assert code == 1
    assert "--at" in said
    assert "07:15" in said
    soon = datetime.now(UTC) + timedelta(minutes=20)
    assert run(tmp_path, "depart", "BUS-1", "--at", f"{soon.astimezone(ZoneInfo('Asia/Jakarta')):%H:%M}")[0] == 0
    with engine.connect() as connection:
        (order,) = load_departure_orders(connection, datetime.now(UTC))
    assert abs(order.departs_at - soon) < timedelta(minutes=1)
    assert run(tmp_path, "depart", "BUS-1", "--clear")[0] == 0
    with engine.connect() as connection:
        assert load_departure_orders(connection, datetime.now(UTC)) == []


def a_waiting_bus():
    report = a_report((0.0, 0.0), datetime.now(UTC), vehicle_id="BUS-1")
    return VehicleState("BUS-1", report, MatchedPosition(report.reported_at, VehicleStatus.UNASSIGNED))


def test_signs_are_two_pages_for_each_stop(tmp_path):
    run(tmp_path, "gtfs", "import", str(SAMPLE))
    code, said = run(tmp_path, "signs", "--all", "--out", str(tmp_path / "signs.pdf"))
    assert (code, "21 signs" in said) == (0, True)
    assert Path(tmp_path / "signs.pdf").read_bytes().count(b"/Type /Page\n") == 42
    assert run(tmp_path, "signs", "--stop", "nowhere")[0] == 1


def test_the_clock_can_be_set_for_every_command(command, tmp_path):
    environment = {**ports(), "TRANSIT_NOW": "2026-11-23T07:15:00+07:00 x60"}
    started(command, environment, "--demo")
    first = health(environment)["now"]
    assert first.startswith("2026-11-23T00:")
    until(lambda: health(environment)["vehicles"] >= 4, READY_S)


def test_a_day_of_the_demo_has_a_scorecard_and_methods_can_be_compared_on_it(command, tmp_path):
    environment = {**ports(), "TRANSIT_NOW": "2026-11-23T09:00:00+07:00 x60"}
    process = started(command, environment, "--demo")
    time.sleep(25)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    here = {"DATA_DIR": str(tmp_path), "TRANSIT_NOW": "2026-11-23T12:00:00+07:00"}
    code, said = run(tmp_path, "scorecard", "--day", "2026-11-23", "--keep", **here)
    assert code == 0, said
    assert "all routes" in said
    assert json.loads((tmp_path / "scorecards" / "2026-11-23.json").read_text())["all routes"]["scored"] > 0
    code, said = run(tmp_path, "compare", "--champion", "ours", "--challenger", "ours", "--days", "1", **here)
    assert (code, "no worse" in said) == (0, True), said
    assert run(tmp_path, "compare", "--challenger", "nonsense", "--days", "1", **here)[0] == 1
