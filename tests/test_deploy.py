"""The samples of deploy/ are what they say: each is started, or checked by the program that it is for."""

from __future__ import annotations

import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml

from gps_ingest.broker import with_own_password
from gps_ingest.decoder import SUBSCRIPTIONS
from gps_ingest.mqtt import new_client, parse_url
from gps_ingest.operations.provisioning import ACL, PASSWORDS, provision
from tests.builders import SEVEN, a_drive
from tests.conftest import HOUSE, _postgres_programs, free_port, until
from tests.gps_ingest.operations.test_provisioning import Client
from tests.web.conftest import city, town  # noqa: F401 (fixtures)
from transit.store.database import check_schema, migrate, open_database, writing
from transit.store.tracker_credentials import add_credential

DEPLOY = HOUSE / "deploy"
SITE = "bus.example.org"


def program(name: str, package: str) -> str:
    path = shutil.which(name) or shutil.which(f"/usr/sbin/{name}") or shutil.which(f"/usr/bin/{name}")
    if path is None:
        pytest.skip(f"no {name}: apt install {package}")
    return path


@pytest.fixture
def background():
    """Starts programs; all are killed in the end."""
    started = []

    def start(*words, **options):
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def certificate(tmp_path):
    """The folder of fullchain.pem and privkey.pem of a made-up authority."""
    folder = tmp_path / "certificate"
    folder.mkdir()
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=bus.example.org -keyout privkey.pem -out fullchain.pem"
    subprocess.run([program("openssl", "openssl"), *words.split()], cwd=folder, check=True, capture_output=True)
    folder.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o644)
    return folder


@pytest.fixture
def upstream(town, serve):  # noqa: F811
    """The real application behind the proxies; its port."""
    town.hear(a_drive(to_m=1800)).step()
    return int(serve(town.app(hosts=(SITE,), hsts_days=30)).rsplit(":", 1)[1])


def ask(url, *, data=None, **headers):
    """Status, headers and text of an answer; redirects are not followed, certificates not checked."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    opener = urllib.request.build_opener(Stay, urllib.request.HTTPSHandler(context=context))
    request = urllib.request.Request(url, data=data, headers={"Host": SITE, **headers})
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def a_form_and_pages_work_through(url, origin):
    status, headers, page = ask(url + "/halte/S5")
    assert (status, "Halte S5" in page) == (200, True)
    form = b"kind=no_bus&stop=S5"
    assert ask(url + "/lapor", data=form, Origin=origin)[0] == 303
    assert ask(url + "/lapor", data=form, Origin="https://evil.example.net")[0] == 403
    status, _, page = ask(url + "/armada")
    assert status in (303, 401, 403), "through a proxy nobody is this machine"
    assert ask(url + "/metrics")[0] == 404
    return headers


def write_nginx(folder: Path, site: str) -> None:
    """A configuration that keeps all its files in a folder of ours."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    head = f"daemon off; master_process off; pid {folder}/pid; error_log stderr;\nevents {{}}\n"
    (folder / "nginx.conf").write_text(f"{head}http {{ access_log off;\n{temporary}{site}\n}}\n")


@pytest.mark.slow
def test_nginx_with_the_sample_serves_pages_and_forms_over_https(upstream, certificate, background, tmp_path):
    secure, plain = free_port(), free_port()
    sample = (DEPLOY / "nginx" / "transbinjai.conf").read_text()
    for before, after in (
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{upstream};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{secure} ssl http2;"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("/etc/letsencrypt/live/bus.example.org", str(certificate)),
        ("/var/log/nginx", str(tmp_path)),
    ):
        assert before in sample
        sample = sample.replace(before, after)
    (tmp_path / "site.conf").write_text(sample)
    write_nginx(tmp_path, f"include {tmp_path}/site.conf;")
    tmp_path.chmod(0o755)
    background(program("nginx", "nginx-light"), "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"))
    until(lambda: ask(f"https://127.0.0.1:{secure}/healthz"))
    headers = a_form_and_pages_work_through(f"https://127.0.0.1:{secure}", f"https://{SITE}")
    assert headers["Strict-Transport-Security"] == "max-age=2592000"
    status, headers, _ = ask(f"http://127.0.0.1:{plain}/halte/S5")
    assert (status, headers["Location"]) == (301, f"https://{SITE}/halte/S5")


@pytest.mark.slow
def test_a_form_works_behind_the_shortest_nginx_that_people_write(upstream, background, tmp_path):
    """Only proxy_pass: we are asked as 127.0.0.1, and nobody tells us that there is a proxy."""
    port = free_port()
    write_nginx(tmp_path, f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{upstream}; }} }}")
    tmp_path.chmod(0o777)
    background(program("nginx", "nginx-light"), "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"))
    until(lambda: ask(f"http://127.0.0.1:{port}/healthz"))
    assert ask(f"http://127.0.0.1:{port}/lapor", data=b"kind=no_bus&stop=S5", Origin=f"https://{SITE}")[0] == 303


@pytest.mark.slow
def test_caddy_with_the_sample_serves_pages_and_forms(upstream, background, tmp_path):
    caddy, port = program("caddy", "caddy"), free_port()
    clean = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    sample = DEPLOY / "caddy" / "Caddyfile"
    words = ("--config", str(sample), "--adapter", "caddyfile")
    subprocess.run([caddy, "validate", *words], env=clean, check=True, capture_output=True)
    (tmp_path / "Caddyfile").write_text(without_admin(sample.read_text()))
    background(
        caddy, "run", "--config", str(tmp_path / "Caddyfile"), "--adapter", "caddyfile",
        env={**clean, "SITE": f"http://{SITE}:{port}", "UPSTREAM": f"127.0.0.1:{upstream}"},
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    until(lambda: "live" in ask(url + "/healthz", Host=f"{SITE}:{port}")[2])
    status, _, page = ask(url + "/halte/S5", Host=f"{SITE}:{port}")
    assert (status, "Halte S5" in page) == (200, True)
    form = {"data": b"kind=no_bus&stop=S5", "Host": f"{SITE}:{port}"}
    assert ask(url + "/lapor", **form, Origin=f"http://{SITE}:{port}")[0] == 303
    assert ask(url + "/lapor", **form, Origin="https://evil.example.net")[0] == 403
    assert ask(url + "/metrics", Host=f"{SITE}:{port}")[0] == 404
    assert ask(url + "/armada", Host=f"{SITE}:{port}")[0] in (303, 401, 403)


def without_admin(sample: str) -> str:
    """The sample, with Caddy's own port for orders closed: two tests at once would want the same."""
    assert sample.count("\n{\n") == 1
    return sample.replace("\n{\n", "\n{\n\tadmin off\n", 1)


LAT, LON = "3.6123456", "98.4987654"
WHERE = f"/api/where/stops-for-location.json?lat={LAT}&lon={LON}&key=x"


def words_of_proxy(name, folder, *, control=False):
    """All that a proxy with the sample writes anywhere when riders ask from a place, and nobody answers behind it."""
    port, words = free_port(), folder / "words"
    if name == "nginx":
        sample = (DEPLOY / "nginx" / "transbinjai.conf").read_text()
        (site,) = [part for part in re.split(r"(?=^server \{)", sample, flags=re.MULTILINE) if "proxy_pass" in part]
        site = re.sub(r"^ *ssl_.*\n", "", site, flags=re.MULTILINE).replace(
            "listen 443 ssl http2;", f"listen 127.0.0.1:{port};"
        )
        site = site.replace("/var/log/nginx", str(folder))
        if control:
            site = re.sub(r"^ *(access_log|error_log).*\n", "", site, flags=re.MULTILINE)
        write_nginx(folder, f"upstream transbinjai {{ server 127.0.0.1:1; }}\n{site}")
        command = (program("nginx", "nginx-light"), "-p", str(folder), "-c", str(folder / "nginx.conf"))
        environment = None
    else:
        sample = without_admin((DEPLOY / "caddy" / "Caddyfile").read_text())
        if control:
            sample = re.sub(r"log default \{.*?\n\t\}", "", sample, flags=re.DOTALL)
        (folder / "Caddyfile").write_text(sample)
        command = (program("caddy", "caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile")
        environment = {
            "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "PATH": "/usr/bin:/bin",
            "SITE": f"http://{SITE}:{port}", "UPSTREAM": "127.0.0.1:1",
        }  # fmt: skip
    with words.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    try:
        host = f"{SITE}:{port}"
        until(lambda: ask(f"http://127.0.0.1:{port}{WHERE}", Host=host, Referer=f"https://{SITE}{WHERE}")[0] == 502)
        ask(f"http://127.0.0.1:{port}/metrics?lat={LAT}&lon={LON}", Host=host)
    finally:
        process.terminate()
        process.wait()
    configured = {"nginx.conf", "Caddyfile"}
    return "".join(
        path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file() and path.name not in configured
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_no_log_of_a_proxy_says_where_a_rider_asked_from(name, tmp_path):
    tmp_path.chmod(0o777)
    words = words_of_proxy(name, tmp_path)
    assert [place for place in (LAT, LON) if place in words] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_without_our_lines_about_logs_it_would_be_said(name, tmp_path):
    """So the test above sees what it looks for."""
    tmp_path.chmod(0o777)
    assert LAT in words_of_proxy(name, tmp_path, control=True)


def url_in_sample():
    """MQTT_URL as an operator finds it in the sample of the settings."""
    (line,) = re.findall(r"^#MQTT_URL=(.*)$", (DEPLOY / "transbinjai.env").read_text(), re.MULTILINE)
    return line


@pytest.mark.slow
def test_mosquitto_with_the_sample_takes_trackers_over_tls_and_keeps_messages_for_ingest(certificate, background, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    engine = open_database(f"sqlite:///{data / 'transit.db'}")
    migrate(engine)
    with writing(engine) as connection:
        issued = add_credential(connection, "T1", now=SEVEN)
    provision(engine, data, SEVEN)
    engine.dispose()
    for file in (PASSWORDS, ACL):
        shutil.copy(data / file, certificate / file.name)
    inner, outer = free_port(), free_port()
    sample = (DEPLOY / "mosquitto" / "transbinjai.conf").read_text()
    for before, after in (
        ("/etc/mosquitto/transbinjai", str(certificate)),
        ("/var/lib/mosquitto/", f"{tmp_path}/"),
        ("listener 1883 127.0.0.1", f"listener {inner} 127.0.0.1"),
        ("listener 8883", f"listener {outer} 127.0.0.1"),
    ):
        assert before in sample
        sample = sample.replace(before, after)
    (tmp_path / "mosquitto.conf").write_text("user root\n" + sample)
    background(program("mosquitto", "mosquitto"), "-c", str(tmp_path / "mosquitto.conf"))
    ours = with_own_password(data, url_in_sample().replace("127.0.0.1:1883", f"127.0.0.1:{inner}"))
    ingest = until(lambda: Client(ours, "ingest"))
    assert ingest.subscribe(*SUBSCRIPTIONS) == [True] * len(SUBSCRIPTIONS)
    tracker = new_client(parse_url(f"mqtt://{issued.user}:{issued.password}@127.0.0.1:{outer}"), "T1", clean_session=True)
    tracker.tls_set(str(certificate / "fullchain.pem"))
    tracker.tls_insecure_set(True)  # the name in the certificate is the city's
    tracker.connect("127.0.0.1", outer)
    tracker.loop_start()
    tracker.publish("transbinjai/v1/trackers/OTHER/position", b"not its own", qos=1)
    tracker.publish("transbinjai/v1/trackers/T1/position", b"1", qos=1)
    until(lambda: [payload for _, payload, _ in ingest.messages] == [b"1"])
    tracker.loop_stop()
    assert not Client(f"mqtt://{issued.user}:wrong@127.0.0.1:{inner}", "x").is_let_in
    assert not Client(f"mqtt://127.0.0.1:{inner}", "nobody").is_let_in


@pytest.mark.slow
def test_postgresql_takes_the_sample_and_the_role_of_the_script_owns_its_database(postgresql, tmp_path):
    """The settings by the server's own check, the script by psql."""
    programs = _postgres_programs()
    url = f"{postgresql.rsplit('/', 1)[0]}/postgres"
    psql = (shutil.which("psql") or str(programs / "psql"), "-v", "ON_ERROR_STOP=1", "-q")
    settings = re.findall(r"^(\w+) = (\S+)$", (DEPLOY / "postgresql" / "transbinjai.conf").read_text(), re.MULTILINE)
    assert len(settings) > 10
    options = [word for name, value in settings for word in ("-c", f"{name}={value}")]
    asked = subprocess.run([*psql, url, "-Atc", "SHOW data_directory"], capture_output=True, text=True, check=True)
    words = [str(programs / "postgres"), "-D", asked.stdout.strip(), *options, "-C", "max_wal_size"]
    user = "nobody" if os.geteuid() == 0 else None
    check = subprocess.run(words, user=user, capture_output=True, text=True, check=False, cwd="/tmp")
    assert (check.returncode, check.stdout.strip()) == (0, "2048"), check.stderr
    subprocess.run([*psql, url, "-f", str(DEPLOY / "postgresql" / "setup.sql")], check=True, capture_output=True, text=True)
    engine = open_database(postgresql.replace("transit@", "transbinjai@").rsplit("/", 1)[0] + "/transbinjai")
    try:
        migrate(engine)
        check_schema(engine)
    finally:
        engine.dispose()
        for statement in ("DROP DATABASE transbinjai", "DROP ROLE transbinjai"):
            subprocess.run([*psql, url, "-c", statement], check=True, capture_output=True)


UNITS = sorted((DEPLOY / "systemd").iterdir())


@pytest.fixture
def units(tmp_path):
    """Copies whose program exists here: verify looks for it."""
    for path in UNITS:
        text = (
            path.read_text()
            .replace("/opt/transbinjai/.venv/bin/python", sys.executable)
            .replace("/opt/transbinjai", str(HOUSE))
        )
        (tmp_path / path.name).write_text(text)
    return tmp_path


def test_systemd_finds_no_fault_in_the_units(units):
    words = [program("systemd-analyze", "systemd"), "verify", "--man=no", *(str(units / path.name) for path in UNITS)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "transbinjai" in line]
    assert (done.returncode, ours) == (0, [])


def test_systemd_sees_a_fault_that_is_planted(units):
    path = units / "transbinjai.service"
    path.write_text(path.read_text().replace("Restart=always", "Restart=allways"))
    words = [program("systemd-analyze", "systemd"), "verify", "--man=no", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert "allways" in done.stdout + done.stderr


@pytest.mark.parametrize("unit", ["transbinjai.service", "transbinjai-backup.service"])
def test_a_unit_is_hardened_as_systemd_counts_it(units, unit):
    """Exposure 0 (closed) to 10 (open); 2.0 and less it calls OK."""
    words = [program("systemd-analyze", "systemd"), "security", "--offline=true", "--no-pager", str(units / unit)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    exposure = float(re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)[1])
    assert exposure <= 2.0, done.stdout


def test_the_compose_file_and_the_containerfile_name_what_exists():
    compose = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text())
    ours = compose["services"]["transbinjai"]
    build = DEPLOY / "container" / ours["build"]["context"]
    containerfile = build / ours["build"]["dockerfile"]
    assert containerfile.resolve() == (DEPLOY / "container" / "Containerfile").resolve()
    lines = containerfile.read_text().replace("\\\n", " ").splitlines()
    copied = [word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]]
    assert [name for name in copied if not (build / name).exists()] == []
    rooms = {path.parent.name for path in HOUSE.glob("*/__init__.py")} - {"benchmarks", "tests"}
    assert rooms <= set(copied), "a room that the image lacks"
    settings = (HOUSE / "README.md").read_text()
    named = {*ours["environment"], *re.findall(r"\b([A-Z][A-Z_]+)=", next(line for line in lines if line.startswith("ENV ")))}
    assert [name for name in named - {"PYTHONDONTWRITEBYTECODE"} if f"`{name}`" not in settings] == []
    volumes = {volume.split(":")[0] for service in compose["services"].values() for volume in service["volumes"]}
    assert {name for name in volumes if not name.startswith(".")} == set(compose["volumes"])
    mounted = [volume for volume in volumes if volume.startswith(".")]
    assert [path for path in mounted if not (DEPLOY / "container" / path).exists()] == []
    assert (ours["read_only"], ours["cap_drop"], ours["network_mode"]) == (True, ["ALL"], "service:caddy")


def test_the_samples_settings_are_ours():
    settings = (HOUSE / "README.md").read_text()
    named = re.findall(r"^#?([A-Z_]+)=", (DEPLOY / "transbinjai.env").read_text(), re.MULTILINE)
    assert len(named) > 6
    assert [name for name in named if f"`{name}`" not in settings] == []


ALERTS = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]


def test_prometheus_takes_the_rules_and_the_configuration():
    promtool = program("promtool", "prometheus")
    folder = DEPLOY / "prometheus"
    for words in (("check", "rules", str(folder / "alerts.yml")), ("check", "config", str(folder / "prometheus.yml"))):
        done = subprocess.run([promtool, *words], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_figure_that_an_alert_looks_at_is_one_of_metrics(town):  # noqa: F811
    from gps_ingest.ingest import figures

    town.hear(a_drive(to_m=1800)).step()
    shown = town.client().get("/metrics").text + (HOUSE / "gps_ingest" / "ingest" / "figures.py").read_text()
    names = {name for rule in ALERTS for name in re.findall(r"transbinjai_\w+", rule["expr"])}
    unknown = [
        name for name in names
        if name not in shown and f'"{name.removeprefix(figures.PREFIX + "_")}"' not in shown
        and name != "transbinjai_last_report_age_seconds"  # only once a report is stored
    ]  # fmt: skip
    assert unknown == []


def test_every_alert_has_its_meaning_and_way_out():
    paper = (HOUSE / "docs" / "OPERATIONS.md").read_text()
    assert [rule["alert"] for rule in ALERTS if f"| {rule['alert']} |" not in paper] == []


@pytest.mark.slow
def test_logs_are_json_lines_on_request(command, tmp_path):
    environment = {"PORT": str(free_port()), "MQTT_PORT": str(free_port()), "LOG_FORMAT": "json"}
    process = command("run", "--demo", **environment)
    until(lambda: urllib.request.urlopen(f"http://127.0.0.1:{environment['PORT']}/healthz", timeout=2).status == 200, 60)
    rows = [json.loads(process.stdout.readline())]
    while not rows[-1]["message"].startswith("ready: "):
        rows.append(json.loads(process.stdout.readline()))
    process.terminate()
    rows += [json.loads(line) for line in process.communicate(timeout=30)[0].decode().splitlines()]
    assert all({"at", "level", "logger", "message"} <= set(row) for row in rows)
