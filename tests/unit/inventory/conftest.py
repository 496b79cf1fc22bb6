from pathlib import Path

import pytest

from tests.unit.inventory.small import Inventory


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    return Inventory(tmp_path)
