"""What is read of attacks in Asterisk's logs, and in the kernel's sets."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mairie import attempts as look

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=1)
OWN = frozenset({"10.44.193.8"})


def event(
    kind: str, address: str, account: str = "102", at: str = "2026-11-23T02:54:00+0000"
) -> str:
    family = "6" if ":" in address else "4"
    return (
        f'[{at}] SECURITY[1070] res_security_log.c: SecurityEvent="{kind}",EventTV="x",'
        f'Severity="Error",Service="PJSIP",EventVersion="1",AccountID="{account}",SessionID="1",'
        f'LocalAddress="IPV4/UDP/10.44.193.8/5060",RemoteAddress="IPV{family}/UDP/{address}/5060"\n'
    )


def log(folder: Path, *lines: str, name: str = "security.log") -> Path:
    path = folder / name
    path.write_text("".join(lines))
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    return path


def test_refusals_are_counted_by_address(tmp_path: Path) -> None:
    path = log(
        tmp_path,
        *[event("ChallengeResponseFailed", "10.44.195.60")] * 3,
        event("InvalidAccountID", "10.44.195.60", "999"),
        event("FailedACL", "fd6d::60", "101"),
        event("ChallengeSent", "10.44.195.61"),
        event("SuccessfulAuth", "10.44.195.61"),
    )
    found = look.refused_log_ins([path], SINCE, OWN)
    assert {address: counts.total() for address, counts in found.items()} == {
        "10.44.195.60": 4,
        "fd6d::60": 1,
    }
    assert look.what("10.44.195.60", found) == "mauvais mot de passe 102"
    assert look.what("fd6d::60", found) == "hors de son réseau 101"


def test_a_scan_names_no_single_phone(tmp_path: Path) -> None:
    lines = [event("InvalidAccountID", "10.44.195.60", f"{number}") for number in range(100, 173)]
    found = look.refused_log_ins([log(tmp_path, *lines)], SINCE, OWN)
    assert look.what("10.44.195.60", found) == "poste inconnu 100, 101, 102 …"


def test_own_questions_and_older_days_do_not_count(tmp_path: Path) -> None:
    path = log(
        tmp_path,
        event("ChallengeResponseFailed", "10.44.193.8"),
        event("ChallengeResponseFailed", "10.44.195.60", at="2026-11-22T11:59:59+0000"),
        event("ChallengeResponseFailed", "10.44.195.61", at="2026-11-22T02:00:00-1000"),
    )
    assert set(look.refused_log_ins([path], SINCE, OWN)) == {"10.44.195.61"}
    os.utime(path, (0, 0))
    assert look.refused_log_ins([path], SINCE, OWN) == {}


def test_what_an_attacker_writes_is_no_other_address(tmp_path: Path) -> None:
    inside = r"x\",RemoteAddress=\"IPV4/UDP/10.44.195.50/5060\",y=\""
    path = log(tmp_path, event("InvalidAccountID", "10.44.195.60", inside))
    found = look.refused_log_ins([path], SINCE, OWN)
    assert set(found) == {"10.44.195.60"}
    assert '"' not in look.what("10.44.195.60", found)


def test_calls_that_were_refused(tmp_path: Path) -> None:
    def row(account: str, kind: str, begun: str = "2026-11-23 02:00:00") -> str:
        fields = (begun, begun, account, "x", "0033", "out", "ANSWERED", "3", kind, "1")
        return ",".join(f'"{field}"' for field in fields) + "\n"

    path = log(
        tmp_path,
        row("101", "refused-abroad"),
        row("101", "spent-abroad"),
        row("103", "abroad"),
        row("103", "refused-abroad", "2026-11-22 11:00:00"),
        "cut off\n",
        name="calls.csv",
    )
    assert look.refused_calls([path], SINCE) == {"101": 2}


def test_flooders_are_read_from_the_kernel() -> None:
    element = {"elem": {"val": "10.44.195.60", "counter": {"packets": 237, "bytes": 1}}}
    listed = {"nftables": [{"metainfo": {}}, {"set": {"name": "x", "elem": [element]}}]}
    assert look.flooders(listed) == {"10.44.195.60": 237}
    assert look.flooders({"nftables": [{"set": {"name": "x"}}]}) == {}


def test_the_worst_come_first() -> None:
    assert look.worst({"a": 1, "b": 9, "c": 4, "d": 2}) == "b (9), c (4), d (2) …"
    assert look.worst({"a": 1}, {"a": "why"}) == "a (1, why)"
