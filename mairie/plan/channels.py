"""Channels of radios: which ones a country allows, and how neighbours make a wider one."""

from __future__ import annotations

from collections.abc import Iterator

from mairie.model.reference import ChannelSpan, Spectrum
from mairie.plan.parts.wifi import Band

COUNTRY_OF_PREFIX = {"987": "PF", "988": "NC"}
"""By the first digits of the official code of a commune (INSEE); the others are in ``FR``."""
WIDTHS: dict[Band, tuple[int, ...]] = {
    # 40 MHz would be half of the band, for one network.
    "2.4": (20,),
    "5": (20, 40, 80, 160),
    "6": (20, 40, 80, 160),
}
DEFAULT_WIDTH: dict[Band, int] = {"2.4": 20, "5": 80, "6": 80}
_STEP: dict[Band, int] = {"2.4": 1, "5": 4, "6": 4}
_STARTS: dict[Band, tuple[int, ...]] = {"2.4": (1,), "5": (149, 100, 36), "6": (1,)}
"""Channels from which wider ones are counted (IEEE 802.11-2020, annex E), highest first."""
_APART: dict[Band, range | tuple[int, ...]] = {
    # Those that do not overlap; on 6 GHz, those where devices look first.
    "2.4": (1, 6, 11),
    "5": range(36, 234, 4),
    "6": range(5, 234, 16),
}


def country_of(insee: str) -> str:
    """Return the country whose rules hold in a commune."""
    return COUNTRY_OF_PREFIX.get(insee[:3], "FR")


def allowed(spectrum: Spectrum, band: Band) -> dict[int, ChannelSpan]:
    """Return the channels of 20 MHz that a country allows in a band, with their rules."""
    return {
        channel: span
        for span in spectrum.bands.get(band, ())
        for channel in range(span.first, span.last + 1, _STEP[band])
    }


def parts(band: Band, channel: int, width: int) -> tuple[int, ...]:
    """Return the channels of 20 MHz that a wider one is made of."""
    if width == 20:
        return (channel,)
    step, count = _STEP[band], width // 20
    start = next(first for first in (*_STARTS[band], channel) if first <= channel)
    first = start + (channel - start) // (step * count) * step * count
    return tuple(range(first, first + step * count, step))


def centre(band: Band, channel: int, width: int) -> int:
    """Return the number of the middle of a wide channel; 0 with 20 MHz."""
    whole = parts(band, channel, width)
    return (whole[0] + whole[-1]) // 2 if len(whole) > 1 else 0


def fitting(spectrum: Spectrum, band: Band, width: int) -> Iterator[int]:
    """Yield the channels on which a width stays within what is allowed."""
    known = allowed(spectrum, band)
    for channel in known:
        if all(part in known for part in parts(band, channel, width)):
            yield channel


def choices(spectrum: Spectrum, band: Band, width: int) -> tuple[int, ...]:
    """Return those that a radio may choose itself: apart from each other and from radars."""
    known = allowed(spectrum, band)
    return tuple(
        channel
        for channel in fitting(spectrum, band, width)
        if channel in _APART[band]
        and not any(known[part].radar for part in parts(band, channel, width))
    )


def ceiling(spectrum: Spectrum, band: Band, channels: tuple[int, ...], width: int) -> int:
    """Return the power in dBm that is allowed on all of some channels."""
    known = allowed(spectrum, band)
    return min(known[part].power for each in channels for part in parts(band, each, width))
