"""Every kind of trouble has its words, in both languages."""

import pytest

from transit.operations.troubles import TroubleKind
from web.words.languages import catalogue
from web.words.troubles import WORDS


@pytest.mark.parametrize("kind", TroubleKind)
def test_every_kind_of_trouble_is_told_in_both_languages(kind):
    for text in filter(None, WORDS[kind]):
        indonesian = catalogue("id").gettext(text)
        assert indonesian != text, f"{kind} has no Indonesian: {text!r}"
        assert figures_of(indonesian) <= figures_of(text), indonesian


def figures_of(text):
    """The names between %( and )s."""
    return {part.split(")s")[0] for part in text.split("%(")[1:]}
