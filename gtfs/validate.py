"""What an independent validator (gtfs-guru, the rules of the canonical one) and our own reader say of a feed."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import gtfs_guru

from gtfs.problems import BrokenFeed
from gtfs.reader import read_feed
from gtfs.unused import unused_fields

WHERE = {"filename", "csvRowNumber", "fieldName", "index"}  # told apart; what else a notice carries goes into the message


class Severity(StrEnum):
    ERROR = "ERROR"
    WARNING = "WARNING"
    INFO = "INFO"


@dataclass(frozen=True, slots=True)
class Finding:
    """One notice. code is the validator's own, or our reader's: "refused" (nothing of it), "tolerated" (all but this)
    or "unused" (kept, of no meaning here)."""

    severity: Severity
    code: str
    file: str
    line: int | None
    field: str
    message: str

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else ""
        return " ".join(filter(None, (self.severity, self.code, self.file, line, self.field))) + f": {self.message}"


def validate_feed(source: Path | bytes, *, on: date, country_code: str = "") -> list[Finding]:
    """Every finding, errors first; on is the day for which the calendars are judged."""
    try:
        network, warnings = read_feed(source)
        ours = [row for row in warnings if row.file.endswith(".txt")]  # the validator names the unknown files itself
        findings = [
            Finding(
                severity=Severity.WARNING, code="tolerated", file=row.file, line=row.line, field=row.field, message=row.message
            )
            for row in ours
        ]
        findings += [
            Finding(severity=Severity.INFO, code="unused", file=row.file, line=None, field=row.field, message=row.message)
            for row in unused_fields(network)
        ]
    except BrokenFeed as error:
        findings = [
            Finding(severity=Severity.ERROR, code="refused", file=row.file, line=row.line, field=row.field, message=row.message)
            for row in error.problems
        ]
    findings += _second_opinion(source, on, country_code)
    order = list(Severity)
    return sorted(findings, key=lambda finding: (order.index(finding.severity), finding.file, finding.line or 0))


def has_errors(findings: list[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)


def _second_opinion(source: Path | bytes, on: date, country_code: str) -> list[Finding]:
    if isinstance(source, bytes):
        with tempfile.TemporaryDirectory() as folder:
            packed = Path(folder) / "feed.zip"
            packed.write_bytes(source)
            return _second_opinion(packed, on, country_code)
    try:
        result = gtfs_guru.validate(str(source), country_code=country_code or None, date=on.isoformat())
    except Exception as error:  # it raises plain exceptions of many kinds for what it cannot open
        return [Finding(severity=Severity.ERROR, code="unreadable", file="", line=None, field="", message=str(error))]
    return [_finding(notice) for notice in result.notices]


def _finding(notice: Any) -> Finding:
    context = notice.context()
    details = ", ".join(f"{name} {value}" for name, value in sorted(context.items()) if name not in WHERE)
    return Finding(
        severity=Severity(notice.severity),
        code=notice.code,
        file=notice.file or context.get("filename") or "",
        line=notice.row or context.get("csvRowNumber"),
        field=notice.field or context.get("fieldName") or "",
        message=f"{notice.message} ({details})" if details else notice.message,
    )
