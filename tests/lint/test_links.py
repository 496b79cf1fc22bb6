"""Links between documents lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_local_links_exist(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    targets = [link for link in LINK.findall(text) if "://" not in link and "@" not in link]
    missing = [link for link in targets if not (page.parent / link).exists()]
    assert not missing, f"{page.name} links to what is not there: {', '.join(missing)}"


def test_readme_leads_to_every_page() -> None:
    text = (ROOT / "README.md").read_text()
    pages = sorted((ROOT / "docs").glob("*.md"))
    absent = [path.name for path in pages if f"docs/{path.name}" not in text]
    assert not absent, f"the README does not mention {', '.join(absent)}"
