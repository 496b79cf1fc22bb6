"""What no single key can tell: numbers used twice, names that point nowhere, addresses outside.

Each module looks at one subject and yields problems; none of them stops another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mairie.inventory.checks import (
    addresses,
    backup,
    cabling,
    duplicates,
    keys,
    lessons,
    mail,
    name_filter,
    names,
    night,
    numbering,
    people,
    places,
    portal,
    radios,
    records,
    reference,
    sites,
    syndicate,
    telephony,
)
from mairie.inventory.checks.facts import Facts
from mairie.inventory.problems import Problem
from mairie.inventory.sources import Sources

CHECKS: tuple[Callable[[Facts], Iterator[Problem]], ...] = (
    duplicates.problems,
    names.problems,
    syndicate.problems,
    places.problems,
    reference.problems,
    sites.problems,
    cabling.problems,
    addresses.problems,
    backup.problems,
    night.problems,
    name_filter.problems,
    lessons.problems,
    people.problems,
    portal.problems,
    radios.problems,
    records.problems,
    numbering.problems,
    telephony.problems,
    mail.problems,
)


def problems(sources: Sources, *, secrets: bool) -> list[Problem]:
    """Return what every check finds.

    Args:
        sources: files and valid models; what is invalid is looked at as far as possible.
        secrets: whether hosts without a public key are a problem.

    """
    facts = Facts(sources)
    found = [problem for check in CHECKS for problem in check(facts)]
    return [*found, *keys.problems(facts, missing=secrets)]
