"""Damaged files of the real demo: sentences or a territory that resolves, nothing else."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mairie.inventory import read
from mairie.plan.codec import to_json
from mairie.plan.resolve import resolve

DEMO = Path(__file__).parents[3] / "inventories" / "demo"
FILES = (
    "syndicate.yaml",
    "communes/rapa.yaml",
    "communes/rurutu.yaml",
    "secrets/public.yaml",
)
Damage = Callable[[bytes], bytes]

WEIRD = (
    *("", "~", "true", "-1", "0", "1", "44", "007", "1e999", "9" * 5000, "2.5", "22:00", "4g"),
    *("no", "gateway", "[]", "{}", "[[]]", "{a: {b: c}}", "&a x", "*a", "!!binary aGk=", "|", ">"),
    *("10.0.0.0/8", "10.44.194.20", "0.0.0.0/0", "::", "fd00::/7", "00:00:00:00:00:00", "20M"),
    *("wg0", "lo", "eth0", "eth1", "eth0.10", "admin", "hub", "internet", "satellite", "any"),
    *(
        "'\\x00'",
        '"\\0"',
        '"\\u202e"',
        '"\\ud800"',
        "\u00e9\u0301",
        "\U0001f3dd",
        "\u2028",
        "\ufffe",
    ),
    *(
        "Pacific/Tahiti",
        "Europe",
        "../../etc/passwd",
        "$(reboot)",
        "{{ 7 * 7 }}",
        "a\tb",
        "x" * 3000,
    ),
)
"""Values that some parser, some type or some shell treats specially."""
VALUE = re.compile(rb"(?<=: )[^,}\]\n#]+")
KEY = re.compile(rb"[A-Za-z_-]+(?=:)")


def flip(position: int, value: int) -> Damage:
    return lambda text: _put(text, position, bytes([value]), 1)


def insert(position: int, value: bytes) -> Damage:
    return lambda text: _put(text, position, value, 0)


def _put(text: bytes, position: int, value: bytes, removed: int) -> bytes:
    at = position % (len(text) + 1)
    return text[:at] + value + text[at + removed :]


def drop_line(position: int) -> Damage:
    return lambda text: b"".join(_lines(text, position, lambda _: []))


def repeat_line(position: int) -> Damage:
    return lambda text: b"".join(_lines(text, position, lambda line: [line, line]))


def indent_line(position: int, blanks: bytes) -> Damage:
    return lambda text: b"".join(_lines(text, position, lambda line: [blanks + line]))


def _lines(text: bytes, position: int, change: Callable[[bytes], list[bytes]]) -> Iterator[bytes]:
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        yield from change(line) if number == position % len(lines) else [line]


def substitute(pattern: re.Pattern[bytes], position: int, value: str) -> Damage:
    def change(text: bytes) -> bytes:
        found = list(pattern.finditer(text))
        if not found:
            return text
        match = found[position % len(found)]
        return text[: match.start()] + value.encode() + text[match.end() :]

    return change


POSITION = st.integers(0, 5000)
DAMAGE = st.one_of(
    st.builds(substitute, st.just(VALUE), POSITION, st.sampled_from(WEIRD)),
    st.builds(substitute, st.just(KEY), POSITION, st.sampled_from(WEIRD)),
    st.builds(flip, POSITION, st.integers(0, 255)),
    st.builds(insert, POSITION, st.binary(max_size=20)),
    st.builds(
        insert, POSITION, st.text(max_size=20).map(lambda text: text.encode("utf-8", "replace"))
    ),
    st.builds(
        insert,
        POSITION,
        st.sampled_from((b"[" * 3000, b"{a: " * 3000, b"- " * 3000, b"'", b"---\n")),
    ),
    st.builds(drop_line, POSITION),
    st.builds(repeat_line, POSITION),
    st.builds(indent_line, POSITION, st.sampled_from((b" ", b"  ", b"\t", b"- "))),
    st.builds(lambda length: lambda text: text[:length], POSITION),
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as parent:
        copy = Path(parent) / "demo"
        shutil.copytree(DEMO, copy, ignore=shutil.ignore_patterns("*.age", "identity"))
        yield copy


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(file=st.sampled_from(FILES), damages=st.lists(DAMAGE, min_size=1, max_size=4))
def test_damage_is_told_or_harmless(folder: Path, file: str, damages: list[Damage]) -> None:
    original = (DEMO / file).read_bytes()
    text = original
    for damage in damages:
        text = damage(text)
    (folder / file).write_bytes(text)
    try:
        loaded = read(folder)
        assert (loaded.territory is None) == bool(loaded.problems)
        for problem in loaded.problems:
            assert problem.message
            assert "\n" not in str(problem)
            assert "Traceback" not in str(problem)
        if loaded.territory is not None:
            for plan in resolve(loaded.territory).values():
                assert to_json(plan)
    finally:
        (folder / file).write_bytes(original)
