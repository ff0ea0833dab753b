"""What is wrong with a feed, and where: file, line, field and the way out."""

from __future__ import annotations

from dataclasses import dataclass

MAX_PROBLEMS = 50  # more than anybody mends in one go; reading stops there


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


class BrokenFeed(Exception):
    """The feed is refused. problems holds all that was found, at most MAX_PROBLEMS of them, in the order of the files."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        more = ["further problems are not listed"] if len(problems) >= MAX_PROBLEMS else []
        super().__init__("\n".join(["the feed is refused:", *map(str, problems), *more]))


class Findings:
    """Collects problems (which refuse the feed) and notices (what was left out without harm)."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.notices: list[Problem] = []
        self._lost: dict[str, set[str] | None] = {}  # file -> ids whose row was refused; None: the whole file was

    def problem(self, file: str, line: int | None, field: str, message: str) -> None:
        """Raises BrokenFeed when there are so many that looking further helps nobody."""
        self.problems.append(Problem(file, line, field, message))
        if len(self.problems) >= MAX_PROBLEMS:
            raise BrokenFeed(tuple(self.problems))

    def notice(self, file: str, line: int | None, field: str, message: str) -> None:
        if len(self.notices) < MAX_PROBLEMS:
            self.notices.append(Problem(file, line, field, message))

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
