"""What `app.py run` hands down to the processes that it starts."""

from __future__ import annotations

from dataclasses import replace

import pytest

import app
from commands.run import _environment_of


@pytest.mark.parametrize(("bind", "is_open"), [("127.0.0.1", True), ("127.0.0.2", True), ("::1", True), ("0.0.0.0", False)])
def test_a_demonstration_opens_the_console_only_where_no_other_machine_reaches_it(bind, is_open) -> None:
    environment = _environment_of(replace(app.settings_of_environment(), bind=bind), demo=True)
    assert (environment.get("ARMADA_LOCAL") == "1") is is_open
