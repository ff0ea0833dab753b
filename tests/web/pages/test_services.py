"""The city's services: what a check of an address found is said in the reader's language."""

from __future__ import annotations

import pytest

from web.pages.services import answer_word


@pytest.mark.parametrize(
    ("result", "indonesian", "english"),
    [
        ("answers with 404", "menjawab dengan galat 404", "answers with error 404"),
        ("no answer: [Errno -2] Name or service not known", "tidak menjawab", "no answer"),
        ("pindah ke kantor", "pindah ke kantor", "pindah ke kantor"),  # an operator's own words
    ],
)
def test_what_a_check_found_is_said_in_both_languages(town, result, indonesian, english):
    app = town.app()
    for tag, word in (("id", indonesian), ("en", english)):
        with app.test_request_context(f"/layanan?lang={tag}"):
            assert answer_word(result) == word
