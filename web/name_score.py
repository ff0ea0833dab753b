"""How well a name answers what somebody typed: by its words as they are heard and misspelt, and by what people call a kind."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz, utils

SAME, BEGINS, SPOKEN = 100.0, 92.0, 85.0  # how well a word fits: itself, its beginning, another word for the same
ALIKE_FROM = 70.0  # of 100 by letters: "djulham" is Djoelham, "xyz" is nothing
ALIKE_SHARE = 0.85  # words that are only alike count less than words that are the same
GOOD_ENOUGH = 55.0
SPARE_WORD = 1.5  # taken off for each word of a name that nobody asked for
SPARE_AT_MOST = 3  # words: a name that goes on to say where it is ("100 m from ...") is no worse for it
SPOKEN_WORDS = {  # what people say -> what stands in names
    "kereta": ("stasiun",),
    "train": ("stasiun",),
    "station": ("stasiun",),
    "mal": ("supermall", "mall"),
    "mall": ("supermall", "plaza"),
    "walikota": ("kota",),
    "hospital": ("rsud", "rsu", "rs", "rsia"),
    "sakit": ("rsud", "rsu", "rs", "rsia"),
    "rs": ("rsud", "rsu", "rsia"),
    "rsu": ("rsud",),
    "mosque": ("masjid",),
    "temple": ("vihara", "kuil"),
    "klenteng": ("vihara",),
    "school": ("sd", "smp", "sma", "smk"),
    "sekolah": ("sd", "smp", "sma", "smk"),
    "market": ("pasar",),
    "park": ("taman",),
}
CATEGORY_WORDS = {  # category of a place -> what people call all of its kind
    "hospital": ("rumah sakit", "hospital", "berobat", "dokter"),
    "school": ("sekolah", "school"),
    "worship": ("tempat ibadah", "ibadah", "worship"),
    "culinary": ("rumah makan", "makan", "kuliner", "food"),
    "shopping": ("belanja", "toko", "shopping"),
    "recreation": ("rekreasi", "wisata", "taman bermain"),
    "heritage": ("cagar budaya", "bersejarah", "heritage"),
    "government": ("kantor", "pemerintah", "office"),
}


def words_of(text: str) -> list[str]:
    return utils.default_process(text).split()


def name_points(asked: list[str], name: str) -> float:
    """0 to 100: how well a name answers the words that somebody wrote."""
    words = words_of(name)
    if not asked or not words:
        return 0.0
    mean = sum(max(_fit(wanted, word) for word in words) for wanted in asked) / len(asked)
    return max(0.0, mean - SPARE_WORD * min(SPARE_AT_MOST, max(0, len(words) - len(asked))))


def score_of_any(asked: list[str], name: str, kinds: Iterable[str]) -> float:
    """The name's own score or, where that is better, that of a word for its kind, which counts as another word for it."""
    of_kind = max((name_points(asked, kind) for kind in kinds), default=0.0)
    return max(name_points(asked, name), of_kind * SPOKEN / SAME if of_kind >= ALIKE_FROM else 0.0)


def _fit(asked: str, word: str) -> float:
    if asked == word:
        return SAME
    if word in SPOKEN_WORDS.get(asked, ()):
        return SPOKEN
    if len(asked) > 1 and word.startswith(asked):
        return BEGINS
    alike = fuzz.ratio(asked, word)
    return alike * ALIKE_SHARE if alike >= ALIKE_FROM else 0.0
