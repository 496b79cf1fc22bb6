"""A day is erased when its time is over, and on no other day; an edit shows."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from mairie_records import days
from mairie_records.chain import Chain
from mairie_records.check import faults
from mairie_records.keep import Kept, keep
from mairie_records.settings import Period
from tests.unit.records.host import YEAR, Gateway

FIRST = date(2027, 3, 1)


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    """Return one with three sealed days and one that is open."""
    found = Gateway(tmp_path)
    for _ in range(3):
        found.opens()
        found.pass_days(1)
    found.recorder.flush()
    return found


def run(gateway: Gateway, today: date, periods: tuple[Period, ...] = YEAR) -> Kept:
    return keep(gateway.places, periods, datetime.combine(today, time(0, 20), UTC))


def names(gateway: Gateway) -> list[str]:
    return sorted(path.name for path in gateway.places.records.iterdir())


@pytest.mark.parametrize(
    ("after", "there"), [(0, True), (364, True), (365, True), (366, False), (4_000, False)]
)
def test_retention_and_one_day(gateway: Gateway, after: int, there: bool) -> None:
    run(gateway, FIRST + timedelta(days=after))
    assert (FIRST in days.files(gateway.places.records)) == there


@pytest.mark.parametrize(
    ("day", "last"),
    [
        # A year in which 29 February falls has one day more than the law's 365.
        (date(2027, 3, 1), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2028, 3, 1), date(2029, 3, 1)),
        (date(2026, 12, 31), date(2027, 12, 31)),
    ],
)
def test_the_last_day(day: date, last: date) -> None:
    assert not days.is_due(day, last, YEAR)
    assert days.is_due(day, last + timedelta(days=1), YEAR)


def test_midnight_is_that_of_utc_wherever_the_commune_is() -> None:
    # One instant: already the day after in Wallis, still the day before in Tahiti.
    instant = datetime.fromisoformat("2028-03-01T00:10:00+00:00")
    assert days.is_due(FIRST, instant.date(), YEAR)
    for zone in ("+12:00", "-10:00"):
        local = instant.astimezone(datetime.fromisoformat(f"2028-01-01T00:00{zone}").tzinfo)
        assert days.is_due(FIRST, local.astimezone(UTC).date(), YEAR)


def test_the_law_of_the_day_counts_and_not_todays() -> None:
    laws = (Period(date(2021, 1, 1), date(2027, 3, 1), 365), Period(date(2027, 3, 2), None, 90))
    assert days.days_kept(date(2027, 3, 1), laws) == 365
    assert days.days_kept(date(2027, 3, 2), laws) == 90
    assert not days.is_due(date(2027, 3, 1), date(2028, 2, 29), laws)
    assert days.is_due(date(2027, 3, 2), date(2027, 6, 1), laws)
    assert days.is_due(date(2020, 12, 31), date(2021, 1, 1), laws), "no law asked for it"


def test_days_are_packed_and_say_the_same(gateway: Gateway) -> None:
    before = (gateway.places.records / f"{FIRST}.jsonl").read_bytes()
    assert len(run(gateway, date(2027, 3, 4)).packed) == 3
    packed = gateway.places.records / f"{FIRST}.jsonl.gz"
    assert gzip.decompress(packed.read_bytes()) == before
    assert f"{packed.stat().st_mode & 0o777:o}" == "600"
    assert names(gateway)[-1] == "2027-03-04.jsonl", "the open day is left alone"
    assert not list(faults(gateway.places))
    assert run(gateway, date(2027, 3, 4)) == Kept()


def test_what_a_killed_extract_left_does_not_outlive_the_day(gateway: Gateway) -> None:
    now = datetime.combine(date(2027, 3, 4), time(0, 20), UTC).timestamp()
    for name, age_s in ((".extract-old", 7 * 3600), (".extract-at-work", 60)):
        folder = gateway.places.records / name
        folder.mkdir()
        (folder / "records.jsonl").touch()
        os.utime(folder, (now - age_s, now - age_s))
    run(gateway, date(2027, 3, 4))
    left = [path.name for path in gateway.places.records.iterdir() if path.is_dir()]
    assert left == [".extract-at-work"]


def test_what_was_erased_in_time_is_no_fault(gateway: Gateway) -> None:
    done = run(gateway, FIRST + timedelta(days=367))
    assert done.erased == [FIRST, FIRST + timedelta(days=1)]
    assert not list(faults(gateway.places))


def test_a_clock_that_nobody_confirmed_erases_nothing(gateway: Gateway) -> None:
    gateway.places.trusted.unlink()
    done = run(gateway, date(2099, 1, 1))
    assert (done.erased, done.clock_doubted) == ([], True)
    assert len(names(gateway)) == 4


def test_a_day_is_missing(gateway: Gateway) -> None:
    run(gateway, date(2027, 3, 4))
    (gateway.places.records / "2027-03-02.jsonl.gz").unlink()
    assert list(faults(gateway.places)) == [
        "2027-03-02 : la journée n'est plus là, et personne ne l'a effacée à son terme"
    ]


def test_a_packed_day_is_edited(gateway: Gateway) -> None:
    run(gateway, date(2027, 3, 4))
    path = gateway.places.records / "2027-03-02.jsonl.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"50222", b"50223")))
    assert list(faults(gateway.places)) == [
        "2027-03-02.jsonl.gz : modifié depuis que la journée est close"
    ]
    path.write_bytes(b"no gzip")
    assert list(faults(gateway.places)) == ["2027-03-02.jsonl.gz : illisible"]


def test_every_day_is_read_once_in_four_weeks_and_new_ones_each_time(gateway: Gateway) -> None:
    run(gateway, date(2027, 3, 4))
    path = gateway.places.records / "2027-03-02.jsonl.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"50222", b"50223")))
    after = [date(2027, 3, 4) + timedelta(days=number) for number in range(2 * 28)]
    seen = [today for today in after if list(faults(gateway.places, today))]
    assert seen == [date(2027, 3, 4), date(2027, 3, 5), date(2027, 3, 30), date(2027, 4, 27)]
    path.unlink()
    assert all(list(faults(gateway.places, today)) for today in after), "that it is there: always"


def test_a_day_that_nobody_wrote(gateway: Gateway) -> None:
    (gateway.places.records / "2027-02-28.jsonl").write_text("")
    assert list(faults(gateway.places)) == [
        "2027-02-28.jsonl : la chaîne ne connaît pas cette journée"
    ]


def test_a_start_does_not_make_true_what_somebody_put_there(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    (gateway.places.records / "2027-02-28.jsonl").write_text("")
    gateway.start()
    assert list(faults(gateway.places)) == [
        "2027-02-28.jsonl : la chaîne ne connaît pas cette journée"
    ]


def test_nor_an_older_day_with_the_right_beginning(gateway: Gateway) -> None:
    copy = (gateway.places.records / "2027-03-02.jsonl").read_text()
    older = gateway.places.records / "2027-02-28.jsonl"
    older.write_text(copy.replace('"day":"2027-03-02"', '"day":"2027-02-28"'))
    gateway.start()
    assert list(faults(gateway.places)) == [
        "2027-02-28.jsonl : la chaîne ne connaît pas cette journée"
    ]


def test_the_chain_itself_is_edited(gateway: Gateway) -> None:
    path = gateway.places.days
    first, second, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + third)
    found = list(faults(gateway.places))
    assert found[0] == (
        "days.jsonl, ligne 2 : ne suit pas la ligne précédente, qui a été modifiée ou retirée"
    )
    assert "2027-03-02.jsonl : la chaîne ne connaît pas cette journée" in found
    path.write_bytes(first + b"{\n" + second + third)
    assert "days.jsonl, ligne 2 : illisible" in list(faults(gateway.places))


def test_half_a_line_of_a_chain_shows_and_stops_nothing(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "chain.jsonl")
    chain.add(kind="one")
    chain.path.write_bytes(chain.path.read_bytes() + b'{"kind":"tw')
    chain.add(kind="three")
    assert [line["kind"] for line in chain.lines()] == ["one", "three"]
    assert list(chain.faults()) == ["chain.jsonl, ligne 2 : illisible"]
