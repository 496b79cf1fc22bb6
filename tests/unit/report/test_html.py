"""The page as text: self-contained, escaped, complete without scripts. What it looks like is
tested in tests/browser."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import msgspec
import pytest

from mairie.host.events import Changed, ControlResult, Failed
from mairie.plan.host import Place
from mairie.report.html import to_html
from mairie.report.model import FlowCheck, HostReport, RunReport
from tests.unit.report import sample

VOID = {"meta", "link", "input", "img", "br", "rect"}


class Page(HTMLParser):
    """Elements with their attributes, all text outside style and script, and balance."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.mark.parametrize(
    "run", [sample.demo(), sample.clean(), sample.telephones(), sample.fleet(3, 20)]
)
def test_self_contained_and_well_formed(run: RunReport) -> None:
    text = to_html(run)
    page = Page(text)
    assert page.all("html") == [{"lang": "fr"}]
    assert [link["href"] for link in page.all("link")] == ["data:,"]
    assert not re.search(r"https?://|//[a-z]|@import|url\(", text)
    for tag in ("img", "iframe", "object"):
        assert page.all(tag) == []
    assert all("src" not in attributes for _, attributes in page.elements)
    identifiers = [a["id"] for _, a in page.elements if "id" in a]
    assert len(identifiers) == len(set(identifiers))
    anchors = {a["href"][1:] for a in page.all("a")}
    assert anchors <= set(identifiers)


def test_the_policy_allows_only_our_style_and_script() -> None:
    text = to_html(sample.clean())
    policy = next(a["content"] for a in Page(text).all("meta") if "http-equiv" in a)
    for tag in ("style", "script"):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert not re.search(r'\s(style|on\w+)="', text)


def hostile() -> RunReport:
    """Every text of a report, hostile."""
    bad = sample.HOSTILE
    place = Place(
        commune=bad, commune_label=bad, insee=bad, archipelago=bad, island=bad, site=bad,
        site_label=bad,
    )  # fmt: skip
    controls = tuple(
        ControlResult(
            id=bad, title=bad, host=bad, outcome=outcome, severity="high", subject=bad + outcome,
            message=bad, references=(bad,), reason=bad,
        )
        for outcome in ("pass", "fail", "unknown")
    )  # fmt: skip
    passing = tuple(msgspec.structs.replace(c, id="OK-1", outcome="pass") for c in controls)
    host = HostReport(
        host=bad,
        place=place,
        roles=(bad,),
        status="not-conforming",
        changed=(Changed(number=1, name=bad, details=(bad,), diff=bad),),
        failed=Failed(message=bad, operation=bad, output=bad),
        warnings=(bad,),
        controls=controls + passing,
    )
    flow = FlowCheck(
        host=bad, site=bad, source=bad, destination=bad, family="ipv6", service=bad,
        expected="refused", observed="allowed", flow=bad, message=bad,
    )  # fmt: skip
    return RunReport(
        territory=bad,
        label=bad,
        kind="preview",
        started=sample.START,
        finished=sample.START,
        hosts=(host,),
        matrix=(flow,),
    )


def test_hostile_text_stays_text() -> None:
    page = Page(to_html(hostile()))
    assert page.all("img") == []
    assert len(page.all("script")) == 1
    assert "{{ 7*7 }}" in page.text
    assert "49" not in page.text
    assert page.text.count("<img src=x onerror=alert(1)>") > 20
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)


def test_everything_is_there_without_scripts() -> None:
    run = sample.demo()
    page = Page(to_html(run))
    for host in run.hosts:
        assert host.host in page.text
        for result in host.controls:
            assert result.id in page.text
            assert result.title in page.text
            assert result.subject in page.text
            assert result.message in page.text
    assert "Bad SSH2 KexAlgorithms" in page.text
    (filters,) = page.all("form")
    assert "hidden" in filters, "what needs scripts is not shown without them"
    classes = {c for _, a in page.elements for c in a.get("class", "").split()}
    assert "out" not in classes


def test_unknown_is_never_green() -> None:
    unknown = sample.control("a", outcome="unknown", message="pas vu")
    host = sample.host("a", sample.place("rapa", "Rapa"), (unknown,))
    run = msgspec.structs.replace(sample.clean(), hosts=(host,), matrix=None)
    page = Page(to_html(run))
    classes = [a["class"] for _, a in page.elements if "class" in a]
    assert "verdict v-unknown" in classes
    assert not any("s-conforming" in c or "v-pass" in c or "g-allowed" in c for c in classes)
    nothing = Page(to_html(msgspec.structs.replace(run, hosts=())))
    assert "rien n'a été regardé" in nothing.text
    untried = Page(to_html(msgspec.structs.replace(sample.clean(), matrix=())))
    assert "Aucune paire n'a été essayée" in untried.text
    assert not any("v-pass" in a.get("class", "") for _, a in untried.elements)


def test_a_territory_stays_small() -> None:
    size = len(to_html(sample.fleet()).encode())
    assert size < 5_000_000, f"{size} bytes"
