"""Catalogues find the feeds: DCAT-AP by its shapes, DMFR, robots.txt, the sitemap; and scripts of other sites may read us."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from pyshacl import validate
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF
from shapely import from_wkt

from gtfs.published import Publication
from gtfs.reader import read_network
from tests.builders import at
from tests.conftest import HOUSE

TOLD = Publication(
    contact_email="data@example.org",
    licence="https://creativecommons.org/licenses/by/4.0/",
    public_url="https://bus.example.org",
    steward="Dinas Komunikasi dan Informatika",
    region_code="12.75",
)
SHAPES = Path(__file__).with_name("dcat_shapes.ttl").read_text(encoding="utf-8")
VCARD, PROV = Namespace("http://www.w3.org/2006/vcard/ns#"), Namespace("http://www.w3.org/ns/prov#")
OURS = "https://bus.example.org/catalog.jsonld"


@pytest.fixture
def sample(city):
    return city.load(read_network(HOUSE / "data" / "binjai")).step(at(7)) and city


def graph_of(client) -> Graph:
    answer = client.get("/catalog.jsonld")
    assert answer.mimetype == "application/ld+json"
    return Graph().parse(data=answer.text, format="json-ld")


def complaints(graph: Graph) -> str:
    conforms, _, text = validate(graph, shacl_graph=Graph().parse(data=SHAPES, format="turtle"), inference="none")
    return "" if conforms else text


def test_the_catalogue_is_dcat_ap(sample):
    assert complaints(graph_of(sample.client(publication=TOLD))) == ""


@pytest.mark.parametrize("gone", [DCTERMS.license, DCAT.contactPoint, DCTERMS.spatial, DCAT.accessURL, FOAF.name])
def test_a_catalogue_that_lacks_something_is_seen(sample, gone):
    graph = graph_of(sample.client(publication=TOLD))
    graph.remove((None, gone, None))
    assert complaints(graph)


def test_a_dataset_per_feed_says_where_when_how_often_and_who(sample):
    graph = graph_of(sample.client(publication=TOLD))
    names = sorted(str(name) for name in graph.objects(None, DCTERMS.identifier) if str(name).startswith("gtfs"))
    assert names == ["gtfs", "gtfs-rt-alerts", "gtfs-rt-trip_updates", "gtfs-rt-vehicle_positions"]
    feed = URIRef(f"{OURS}#gtfs")
    assert {
        str(text) for text in graph.objects(feed, DCTERMS.title) if isinstance(text, Literal) and text.language == "id"
    } == {"Jadwal dan jaringan (GTFS Schedule)"}
    place = graph.value(feed, DCTERMS.spatial)
    assert str(graph.value(place, DCTERMS.identifier)) == "12.75"
    assert from_wkt(str(graph.value(place, DCAT.bbox))).bounds[1] == pytest.approx(3.58, abs=0.05)
    period = graph.value(feed, DCTERMS.temporal)
    assert (str(graph.value(period, DCAT.startDate)), str(graph.value(period, DCAT.endDate))) == ("2026-01-01", "2027-12-31")
    assert str(graph.value(feed, DCTERMS.accrualPeriodicity)).endswith("/IRREG")
    assert str(graph.value(URIRef(f"{OURS}#gtfs-rt-alerts"), DCTERMS.accrualPeriodicity)).endswith("/CONT")
    agent = graph.value(graph.value(feed, PROV.qualifiedAttribution), PROV.agent)
    assert str(graph.value(agent, FOAF.name)) == "Dinas Komunikasi dan Informatika"
    contact = graph.value(feed, DCAT.contactPoint)
    assert str(graph.value(contact, VCARD.hasEmail)) == "mailto:data@example.org"


def test_every_file_that_the_catalogue_names_is_there(sample):
    client = sample.client(publication=TOLD)
    graph = graph_of(client)
    addresses = {str(address) for address in graph.objects(None, DCAT.downloadURL)}
    assert len(addresses) == 8
    for address in addresses:
        answer = client.get(address.removeprefix("https://bus.example.org"))
        assert answer.status_code == 200
    assert set(graph.subjects(RDF.type, DCAT.Distribution)) == set(graph.objects(None, DCAT.distribution))


def test_without_a_word_of_the_operator_no_licence_is_guessed_and_our_form_is_whom_to_ask(town):
    graph = graph_of(town.step(at(7)) and town.client())
    assert list(graph.objects(None, DCTERMS.license)) == []
    assert {str(address) for address in graph.objects(None, VCARD.hasURL)} == {"http://localhost/lapor"}


def test_the_directory_of_feeds_names_ours_with_their_licence(sample):
    made = sample.client(publication=TOLD).get("/dmfr.json").json
    static, live = made["feeds"]
    assert (static["id"], static["spec"], static["urls"]) == (
        "f-trans~binjai", "gtfs", {"static_current": "https://bus.example.org/gtfs.zip"},
    )  # fmt: skip
    assert static["license"] == live["license"] == {"url": TOLD.licence}
    assert live["urls"]["realtime_trip_updates"] == "https://bus.example.org/gtfs-rt/trip_updates.pb"
    assert static["operators"][0]["associated_feeds"] == [
        {"feed_onestop_id": "f-trans~binjai", "gtfs_agency_id": "trans-binjai"}
    ]


def test_the_sitemap_lists_pages_that_answer_and_robots_txt_keeps_the_fleet_out(sample):
    client = sample.client(publication=TOLD)
    robots = client.get("/robots.txt").text
    assert "Disallow: /armada\n" in robots
    assert "Sitemap: https://bus.example.org/sitemap.xml" in robots
    tree = ElementTree.fromstring(client.get("/sitemap.xml").text)
    addresses = [row.text or "" for row in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert {"https://bus.example.org/", "https://bus.example.org/halte/tugu-45", "https://bus.example.org/koridor/biru"} <= set(
        addresses
    )
    for address in addresses[:12]:
        assert client.get(address.removeprefix("https://bus.example.org")).status_code == 200, address


@pytest.mark.parametrize(
    "path", ["/api/v1/stops", "/api/v1/nothing", "/gtfs.zip", "/gtfs-rt/alerts.pb", "/catalog.jsonld", "/dmfr.json"]
)
def test_scripts_of_any_site_may_read_what_programs_read_refusals_too(sample, path):
    client = sample.client()
    assert client.get(path).headers["Access-Control-Allow-Origin"] == "*"
    asked = client.options(
        path, headers={"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-none-match"}
    )
    assert asked.status_code in (200, 404)
    assert "If-None-Match" in asked.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in asked.headers


@pytest.mark.parametrize("path", ["/", "/armada", "/lapor", "/metrics"])
def test_pages_are_not_for_other_sites(sample, path):
    assert "Access-Control-Allow-Origin" not in sample.client().get(path).headers
