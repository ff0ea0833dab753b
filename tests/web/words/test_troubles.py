"""Every kind of trouble has its words, in both languages."""

import pytest

from tests.builders import SEVEN
from transit.operations.complaints import SENTENCES, ComplaintKind
from transit.operations.troubles import Trouble, TroubleKind
from web.words.languages import catalogue
from web.words.matters import OF_NOBODY
from web.words.troubles import CASES, ON_PAGES, WORDS, wrong

COMPLAINTS = [(text,) for kind, text in SENTENCES.items() if kind is not ComplaintKind.SENTENCE]
EVERY = [*WORDS.values(), *CASES.values(), *COMPLAINTS, tuple(ON_PAGES.values())]
COMMAND = "python app.py"


@pytest.mark.parametrize("text", sorted({text for words in EVERY for text in words if text}))
def test_every_trouble_is_told_in_indonesian_too_with_no_other_figures(text):
    indonesian = catalogue("id").gettext(text)
    assert indonesian != text
    assert figures_of(indonesian) <= figures_of(text)


@pytest.mark.parametrize("kind", TroubleKind)
def test_every_kind_of_trouble_has_its_words(kind):
    assert kind in WORDS or any(kind is of for of, _ in CASES)


@pytest.mark.parametrize("kind", [kind for kind in TroubleKind if kind not in OF_NOBODY])
def test_what_a_page_of_the_console_can_do_is_not_told_there_as_a_command(kind):
    remedies = [ON_PAGES[kind]] if kind in ON_PAGES else [row.remedy for of, row in every_case() if of is kind]
    assert remedies
    assert not [text for text in remedies if COMMAND in text]


@pytest.mark.parametrize("kind", ON_PAGES)
def test_who_has_no_pages_is_told_another_way(kind):
    assert ON_PAGES[kind] not in [row.remedy for of, row in every_case() if of is kind]


def every_case():
    return [*WORDS.items(), *((kind, words) for (kind, _), words in CASES.items())]


def figures_of(text):
    """The names between %( and )s."""
    return {part.split(")s")[0] for part in text.split("%(")[1:]}


@pytest.mark.parametrize(
    ("kind", "figures"),
    [
        (TroubleKind.OUTAGE, {"silent": 2, "expected": 3, "vehicles": "BUS1, BUS2"}),
        (TroubleKind.WEEK_ROLLOVER, {"wrong_s": -6.2e8, "weeks": 1024}),
    ],
)
def test_a_matter_that_an_earlier_version_stored_without_its_case_is_still_told(kind, figures):
    assert wrong(Trouble(kind, "T1", SEVEN, figures), "en", "Asia/Jakarta", SEVEN)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "The broker refuses more devices (those"), ("id", "Broker menolak perangkat lainnya (selain yang disebut")],
)
def test_the_devices_that_are_not_named_are_told_in_the_readers_language(language, words):
    figures = {"count": 7, "last_at": SEVEN.timestamp(), "said": "no"}
    trouble = Trouble(TroubleKind.LOGIN_REFUSED, "(others)", SEVEN, figures)
    assert wrong(trouble, language, "Asia/Jakarta", SEVEN).startswith(words)
