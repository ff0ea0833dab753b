"""The commit that a benchmark's figures are of."""

from __future__ import annotations

import subprocess


def measured_commit() -> str:
    """Its short hash. Raises subprocess.CalledProcessError outside of a clone."""
    git = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
