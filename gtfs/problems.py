"""What is wrong with a feed, and where: file, line, field and the way out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

MAX_PROBLEMS = 50  # more than anybody mends in one go; reading stops there
MAX_ALIKE = 5  # warnings of one kind that are told with their lines; a feed has a fault in every row or in few
_DETAILS = re.compile(r'"[^"]*"|[0-9]+')  # what differs between sentences of one kind


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. line counts from 1 (the header); None where the whole file, or the whole feed (file ""), is meant."""

    file: str
    line: int | None
    field: str
    message: str

    def __str__(self) -> str:
        place = self.file or "feed"
        if self.line is not None:
            place += f" line {self.line}"
        return f"{place}, {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


def visible(text: str) -> str:
    """Characters that nobody sees, by their code: a name with a zero-width space looks like the one without it."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else f"<U+{ord(letter):04X}>" for letter in text)


class BrokenFeed(Exception):
    """The feed is refused. problems holds all that was found, at most MAX_PROBLEMS of them, in the order of the files."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        more = ["further problems are not listed"] if len(problems) >= MAX_PROBLEMS else []
        super().__init__("\n".join(["the feed is refused:", *map(str, problems), *more]))


class Findings:
    """Collects problems (which refuse the feed) and warnings (what was left out or read as something plain)."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._warnings: list[Problem] = []
        self._alike: Counter[tuple[str, str, str]] = Counter()  # (file, field, kind of sentence) -> how often
        self._lost: dict[str, set[str] | None] = {}  # file -> ids whose row was refused; None: the whole file was

    def problem(self, file: str, line: int | None, field: str, message: str) -> None:
        """Raises BrokenFeed when there are so many that looking further helps nobody."""
        self.problems.append(Problem(file, line, field, visible(message)))
        if len(self.problems) >= MAX_PROBLEMS:
            raise BrokenFeed(tuple(self.problems))

    def warning(self, file: str, line: int | None, field: str, message: str) -> None:
        message = visible(message)
        kind = (file, field, _DETAILS.sub("", message))
        self._alike[kind] += 1
        if self._alike[kind] <= MAX_ALIKE:
            self._warnings.append(Problem(file, line, field, message))

    def warnings(self) -> tuple[Problem, ...]:
        """All kinds of them; of each kind the first few, then how many more there are."""
        more = ((kind, count - MAX_ALIKE) for kind, count in self._alike.items() if count > MAX_ALIKE)
        counted = (Problem(file, None, field, f"{count} more like this:{message}") for (file, field, message), count in more)
        return (*self._warnings, *counted)

    def blame(self, files: Iterable[str]) -> None:
        """Makes problems of the warnings of some files: together they left nothing."""
        named = set(files)
        causes = [row for row in self.warnings() if row.file in named]
        self.problems = [*self.problems, *causes][:MAX_PROBLEMS]

    def lose(self, file: str, record_id: str | None = None) -> None:
        """Remembers what could not be read, so that nobody complains that it is not there."""
        ids = self._lost.setdefault(file, set())
        if record_id is None:
            self._lost[file] = None
        elif ids is not None:
            ids.add(record_id)

    def is_lost(self, file: str, record_id: str) -> bool:
        ids = self._lost.get(file, set())
        return ids is None or record_id in ids

    def refuse_if_broken(self) -> None:
        if self.problems:
            raise BrokenFeed(tuple(self.problems))
