"""Papers that are written from the code say what the code says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import app
from benchmarks.papers import DATA, THIRD_PARTY, comments_of, dictionary, run_names
from tests.conftest import HOUSE


def test_the_data_dictionary_is_that_of_today() -> None:
    """After a change of the tables or the snapshot: python -m benchmarks.papers"""
    assert DATA.read_text(encoding="utf-8").splitlines() == "\n".join(dictionary()).splitlines()


def test_every_column_and_field_says_what_it_means() -> None:
    """Where one does not: a comment at the end of its line in transit/store/tables.py or web/live/snapshot.py."""
    rows = [line for line in dictionary() if line.startswith("| ") and not line.startswith(("| column", "| field"))]
    assert len(rows) > 100
    assert [row for row in rows if row.endswith("|  |")] == []


def test_a_comment_belongs_to_the_column_of_its_line() -> None:
    lines = (
        "a = Table(  # of letters",
        '    Column("x", Text),  # the first',
        '    Column("y", Text),',
        ")",
        "class B(Struct):",
        "    z: int  # last",
    )
    source = "\n".join(lines)
    assert comments_of(source) == {
        ("a", ""): "of letters",
        ("a", "x"): "the first",
        ("a", "y"): "",
        ("B", ""): "",
        ("B", "z"): "last",
    }


def plain(name: str) -> str:
    return re.sub(r"[._]", "-", name.lower())


def test_each_distribution_that_runs_has_its_licence_told() -> None:
    """After a change of requirements: python -m benchmarks.papers"""
    rows = [line for line in THIRD_PARTY.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    told = {plain(row.split()[1]) for row in rows}
    assert {plain(name) for name in run_names()} - told == set()


@pytest.mark.parametrize(
    "path", sorted([*HOUSE.glob("*.md"), *HOUSE.glob("docs/**/*.md"), *HOUSE.glob("benchmarks/**/*.md")]), ids=str
)
def test_what_a_paper_links_to_exists(path) -> None:
    text = path.read_text(encoding="utf-8")
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    missing = [link for link in links if link and "://" not in link and not (path.parent / link).exists()]
    assert missing == []


def settings_of_the_readme() -> list[str]:
    rows = re.findall(r"^\| (`[A-Z_]+`[^|]*)\|", (HOUSE / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)]


def test_a_setting_stands_once_in_the_readme() -> None:
    names = settings_of_the_readme()
    assert "INBOX_LIMITS" in names
    assert sorted(set(names)) == sorted(names)


def test_the_help_names_every_setting_of_the_readme_and_no_other() -> None:
    epilog = app.main.epilog or ""
    assert sorted(re.findall(r"\b[A-Z]+(?:_[A-Z]+)*\b", epilog.split("README")[0].partition(":")[2])) == sorted(
        settings_of_the_readme()
    )


@pytest.mark.parametrize("path", sorted(HOUSE.glob("docs/decisions/*.md")), ids=lambda path: path.stem)
def test_a_decision_has_its_number_date_context_decision_and_consequences(path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.match(rf"# {path.name[:4]} \S.*\n\n?20\d\d-\d\d-\d\d\n", text)
    assert "**Context.**" in text
    assert "**Decision.**" in text
    assert "**Consequences.**" in text


def test_the_index_names_every_document() -> None:
    index = (HOUSE / "docs" / "index.md").read_text(encoding="utf-8")
    papers = {path.name for folder in ("docs", "benchmarks/results") for path in (HOUSE / folder).glob("*.md")}
    assert {name for name in papers - {"index.md"} if f"{name})" not in index} == set()


def test_the_audit_looks_at_every_lock_file_and_fails_where_one_was_not_looked_up() -> None:
    said = subprocess.run(["make", "-n", "audit"], cwd=HOUSE, capture_output=True, text=True, check=True).stdout
    (pip,) = [line for line in said.splitlines() if "pip-audit" in line]
    locks = {str(path.relative_to(HOUSE)) for path in (HOUSE / "requirements").glob("*.txt")}
    assert len(locks) == 3
    assert set(re.findall(r"-r (\S+)", pip)) == locks
    assert "--strict" in pip, "without it a distribution that is not found counts as one without faults"
    nodes = subprocess.run(["git", "ls-files", "*package-lock.json"], cwd=HOUSE, capture_output=True, text=True, check=True)
    for lock in nodes.stdout.split():
        assert f"npm audit --prefix {Path(lock).parent} --package-lock-only" in said
