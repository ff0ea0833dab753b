"""Every kind of trouble has its words, in both languages."""

import pytest

from transit.operations.complaints import SENTENCES, ComplaintKind
from transit.operations.troubles import TroubleKind
from web.words.languages import catalogue
from web.words.troubles import CASES, WORDS

COMPLAINTS = [(text,) for kind, text in SENTENCES.items() if kind is not ComplaintKind.SENTENCE]
EVERY = [*WORDS.values(), *CASES.values(), *COMPLAINTS]


@pytest.mark.parametrize("text", sorted({text for words in EVERY for text in words if text}))
def test_every_trouble_is_told_in_indonesian_too_with_no_other_figures(text):
    indonesian = catalogue("id").gettext(text)
    assert indonesian != text
    assert figures_of(indonesian) <= figures_of(text)


@pytest.mark.parametrize("kind", TroubleKind)
def test_every_kind_of_trouble_has_its_words(kind):
    assert kind in WORDS or any(kind is of for of, _ in CASES)


def figures_of(text):
    """The names between %( and )s."""
    return {part.split(")s")[0] for part in text.split("%(")[1:]}
