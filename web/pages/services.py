"""The city's other digital services: by category or audience, with an address only where one is known."""

from __future__ import annotations

import re

from flask import Blueprint, render_template, request
from flask_babel import gettext
from rapidfuzz import fuzz, utils

from maps.guide import CityService
from maps.service_check import NO_ANSWER, REFUSED
from web.guide import guide_of
from web.world import world

pages = Blueprint("services", __name__)
CATEGORIES = ("G2C", "G2B", "G2G", "G2E")
AUDIENCES = ("residents", "business", "offices", "staff")
GOOD_ENOUGH = 70.0
NEEDS = {  # what somebody wants -> words that stand in what such a service says of itself
    "lapor": ("lapor", "masalah"),
    "berobat": ("pasien", "rumah sakit", "rsud", "kesehatan"),
    "sekolah": ("murid", "sekolah"),
    "izin": ("izin",),
    "usaha": ("usaha", "umkm"),
    "usul": ("usul", "musrenbang"),
    "hukum": ("hukum",),
    "bus": ("bus kota",),
    "wisata": ("wisata",),
}
REFUSAL = re.compile(rf"{REFUSED} ([0-9]+)")


@pages.get("/layanan")
def services_page() -> str:
    services = guide_of(world()).services
    asked, audience = request.args.get("q", "").strip()[:80], request.args.get("untuk", "")
    matching = [service for service in services if _matches(service, asked)] if asked else list(services)
    if audience in AUDIENCES:
        matching = [service for service in matching if audience in service.audiences]
    need = request.args.get("perlu", "")
    if need in NEEDS:
        matching = [service for service in matching if answers(service, need)]
    with_address = [service for service in matching if service.url]
    groups = [(name, [service for service in with_address if _category(service) == name]) for name in CATEGORIES]
    return render_template(
        "services.html",
        groups=[group for group in groups if group[1]],
        count=len(matching),
        total=len(services),
        asked=asked,
        audience=audience,
        audiences=AUDIENCES,
        nowhere=[service for service in matching if not service.url],
        needs=need_words([need for need in NEEDS if any(answers(service, need) for service in services)]),
        need=need,
        answer_word=answer_word,
    )


def answer_word(result: str) -> str:
    """What a check of an address found (maps/service_check.py), in the reader's language; an operator's own words stay."""
    refusal = REFUSAL.fullmatch(result)
    if refusal is not None:
        return gettext("answers with error %(code)s", code=refusal[1])
    return gettext("no answer") if result.startswith(NO_ANSWER) else result


def answers(service: CityService, need: str) -> bool:
    text = " ".join((service.name, *service.description.values())).casefold()
    return any(word in text for word in NEEDS[need])


def need_words(needs: list[str]) -> dict[str, str]:
    """What somebody wants, as a pupil says it."""
    words = {
        "lapor": gettext("Report something"),
        "berobat": gettext("See a doctor"),
        "sekolah": gettext("Find a school"),
        "izin": gettext("Get a permit"),
        "usaha": gettext("Run a shop"),
        "usul": gettext("Propose something"),
        "hukum": gettext("Read the rules"),
        "bus": gettext("Take the bus"),
        "wisata": gettext("See the sights"),
    }
    return {need: words[need] for need in needs}


def _category(service: CityService) -> str:
    """The first that it is listed under; an inferred one counts as what it is inferred to be."""
    first = service.categories[0] if service.categories else CATEGORIES[0]
    return first.removeprefix("?")


def _matches(service: CityService, wanted: str) -> bool:
    text = " ".join((service.name, *service.description.values()))
    return fuzz.partial_ratio(wanted, text, processor=utils.default_process) >= GOOD_ENOUGH
