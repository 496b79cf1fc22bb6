"""Pages and slips as a PDF: A4, the same bytes for the same content."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import reportlab
import segno
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_CENTER, TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    Flowable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from mairie.sheets.phones import ListPage, Section
from mairie.sheets.vouchers import Slip
from mairie.sheets.wifi import Page

_FONTS: Final = Path(reportlab.__file__).parent / "fonts"
_INK, _SOFT = HexColor("#1b2733"), HexColor("#5b6b7a")
_CODE_SIDE: Final = 82 * mm
_MARGIN: Final = 20 * mm
_KEYS: Final = 34 * mm
"""Width of the column of what is dialled."""
_COLUMNS: Final = 2
_ROWS: Final = 5
_ALL: Final = ((0, 0), (-1, -1))
_QUIET: Final = 4
"""Modules of white around a code (ISO/IEC 18004)."""


class Code(Flowable):
    """A QR code in the middle of the line, drawn in squares: sharp at any size."""

    def __init__(self, code: segno.QRCode, width: float) -> None:
        super().__init__()
        self._rows = [list(row) for row in code.matrix]
        self.width, self.height = width, _CODE_SIDE

    def draw(self) -> None:
        """Draw it."""
        size = len(self._rows)
        module = _CODE_SIDE / (size + 2 * _QUIET)
        left = (self.width - _CODE_SIDE) / 2 + _QUIET * module
        self.canv.setFillColor(_INK)
        for line, row in enumerate(self._rows):
            for column, dark in enumerate(row):
                if dark:
                    bottom = (size - 1 - line + _QUIET) * module
                    self.canv.rect(left + column * module, bottom, module, module, stroke=0, fill=1)


def to_pdf(pages: Sequence[Page], title: str) -> bytes:
    """Return the document: a sheet each.

    Args:
        pages: at least one.
        title: of the document, for whoever opens it on a screen.

    """
    width = A4[0] - 2 * _MARGIN
    return _document([each for page in pages for each in (*_page(page, width), PageBreak())], title)


def slips_to_pdf(slips: Sequence[Slip], title: str) -> bytes:
    """Return the document: ten slips a sheet, to be cut along the lines.

    Args:
        slips: at least one.
        title: of the document, for whoever opens it on a screen.

    """
    width = (A4[0] - 2 * _MARGIN) / _COLUMNS
    height = (A4[1] - 2 * _MARGIN - 6 * mm) / _ROWS
    cells = [list(_slip(each)) for each in slips]
    cells += [[] for _ in range(-len(cells) % _COLUMNS)]
    rows = [cells[start : start + _COLUMNS] for start in range(0, len(cells), _COLUMNS)]
    table = Table(rows, colWidths=[width] * _COLUMNS, rowHeights=[height] * len(rows))
    lines = TableStyle([("GRID", (0, 0), (-1, -1), 0.4, _SOFT), ("VALIGN", *_ALL, "MIDDLE")])
    table.setStyle(lines)
    return _document([table], title)


def lists_to_pdf(pages: Sequence[ListPage], title: str) -> bytes:
    """Return the document: numbers and words in sections.

    Args:
        pages: at least one.
        title: of the document, for whoever opens it on a screen.

    """
    width = A4[0] - 2 * _MARGIN
    return _document(
        [each for page in pages for each in (*_list_page(page, width), PageBreak())], title
    )


def _document(flow: list[Flowable], title: str) -> bytes:
    _load_fonts()
    stream = io.BytesIO()
    document = SimpleDocTemplate(
        stream,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=title,
        invariant=True,
    )
    document.build(flow)
    return stream.getvalue()


def _load_fonts() -> None:
    for name, file in (("Body", "Vera.ttf"), ("Bold", "VeraBd.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(_FONTS / file)))


def _slip(slip: Slip) -> Iterable[Flowable]:
    yield _text(slip.place, _style(8, color=_SOFT, after=0.5))
    yield _text("Wi-Fi des visiteurs · Visitors' Wi-Fi", _style(10, after=0.5))
    if slip.ssid:
        yield _text(slip.ssid, _style(10, bold=True, after=0.5))
    yield _text(slip.code, _style(20, bold=True, after=0.5))
    yield _text(
        f"{slip.hours} h dès la première connexion · {slip.hours} h from first use",
        _style(7.5, color=_SOFT, after=0.5),
    )
    yield _text(f"n° {slip.number}", _style(7.5, color=_SOFT, after=0))


def _page(page: Page, width: float) -> Iterable[Flowable]:
    yield _text(page.place, _style(12, color=_SOFT))
    yield _text(page.title, _style(30, bold=True))
    if page.subtitle:
        yield _text(page.subtitle, _style(16, color=_SOFT))
    if page.code is not None:
        yield Spacer(0, 6 * mm)
        yield Code(page.code, width)
    yield Spacer(0, 6 * mm)
    for fact in page.facts:
        yield _text(fact.name, _style(10, color=_SOFT))
        yield _text(fact.value, _style(18, bold=True, after=4))
    yield Spacer(0, 8 * mm)
    for paragraph in page.paragraphs:
        yield _text(paragraph, _style(11.5, centred=False, after=3))


def _list_page(page: ListPage, width: float) -> Iterable[Flowable]:
    yield _text(page.place, _style(12, color=_SOFT))
    yield _text(page.title, _style(26, bold=True, after=4))
    for section in page.sections:
        yield _text(section.title, _style(12, bold=True, centred=False, after=1))
        if section.lines:
            yield _lines(section, width)
        for word in section.words:
            yield _text(word, _style(9.5, centred=False, after=1))
        yield Spacer(0, 3 * mm)


def _lines(section: Section, width: float) -> Table:
    key, word = _style(9.5, bold=True, centred=False, after=0), _style(9.5, centred=False, after=0)
    rows = [[_text(dialled, key), _text(meant, word)] for dialled, meant in section.lines]
    table = Table(rows, colWidths=[_KEYS, width - _KEYS])
    table.setStyle(
        TableStyle(
            [
                ("LINEBELOW", *_ALL, 0.3, _SOFT),
                ("VALIGN", *_ALL, "TOP"),
                ("TOPPADDING", *_ALL, 1),
                ("BOTTOMPADDING", *_ALL, 1.5),
            ]
        )
    )
    return table


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(drawable(text)), style)


def drawable(text: str) -> str:
    """Return a text with what the font lacks replaced: a letter by the one without its accent."""
    _load_fonts()
    font: Any = pdfmetrics.getFont("Body")
    widths: dict[int, float] = font.face.charWidths
    return "".join(each if ord(each) in widths else _plain(each, widths) for each in text)


def _plain(letter: str, widths: dict[int, float]) -> str:
    base = unicodedata.normalize("NFKD", letter)[0]
    return base if ord(base) in widths else "?"


def _style(
    size: float,
    *,
    bold: bool = False,
    centred: bool = True,
    color: Color = _INK,
    after: float = 2,
) -> ParagraphStyle:
    return ParagraphStyle(
        "text",
        fontName="Bold" if bold else "Body",
        fontSize=size,
        leading=size * 1.35,
        textColor=color,
        spaceAfter=after * mm,
        alignment=TA_CENTER if centred else TA_LEFT,
        splitLongWords=True,
    )
