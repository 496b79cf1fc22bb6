from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.host.here import Ground, a_ground


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return a_ground(tmp_path)
