"""Files of the brick lessons: the switch of the classrooms' networks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any

from mairie.files import JSON, LIBRARY, SHELL, VERIFY, TemplateFile, modules
from mairie.files.wifi import global_control_of, lesson_file_of
from mairie.plan.host import HostPlan
from mairie.plan.parts.lessons import LessonsPlan
from mairie.plan.parts.wifi import Radio
from mairie.plan.stable import salt_of

PROGRAM = "/usr/local/sbin/mairie-lessons"
SETTINGS = "/etc/mairie/lessons/lessons.json"
CODE = "/etc/mairie/lessons/code.json"
"""A hash of the teachers' code, for the switch alone."""
ACCOUNT = "mairie-lessons"
"""Of the page."""
PAGE_SERVICE = "mairie-lessons-page.service"
PAGE_UNIT = f"/etc/systemd/system/{PAGE_SERVICE}"
SERVICE = "mairie-lessons.service"
UNIT = f"/etc/systemd/system/{SERVICE}"
STATE = "/var/lib/mairie-lessons"
LOG = f"{STATE}/log"
RUNTIME = "/run/mairie-lessons"


def files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return every file of the brick for this host; none without networks for lessons."""
    lessons = plan.lessons
    if lessons is None:
        return ()
    return (
        *modules("lessons", "mairie_lessons/*.py"),
        TemplateFile(path=PROGRAM, mode="755", check=SHELL, context={"library": LIBRARY}),
        TemplateFile(
            path=SETTINGS,
            check=JSON,
            context={"settings": settings(plan, lessons)},
        ),
        *(_of_the_page(plan) if lessons.page_addresses else ()),
        TemplateFile(
            path=UNIT,
            check=VERIFY,
            context={
                "account": ACCOUNT,
                "program": PROGRAM,
                "runtime": PurePosixPath(RUNTIME).name,
                "state": PurePosixPath(STATE).name,
                "follows": lessons.follows,
            },
        ),
    )


def services(lessons: LessonsPlan) -> tuple[str, ...]:
    """Return the services of a host: the switch, and on a gateway the page."""
    return (SERVICE, PAGE_SERVICE) if lessons.page_addresses else (SERVICE,)


def _of_the_page(plan: HostPlan) -> tuple[TemplateFile, ...]:
    return (
        TemplateFile(
            path=CODE, mode="600", secret=True, context={"salt": salt_of(plan.name).hex()}
        ),
        TemplateFile(
            path=PAGE_UNIT, check=VERIFY, context={"account": ACCOUNT, "program": PROGRAM}
        ),
    )


def radios(plan: HostPlan) -> tuple[Radio, ...]:
    """Return the radios of a host that carry networks for lessons."""
    return tuple(radio for radio in plan.wifi.radios if radio.for_lessons) if plan.wifi else ()


def settings(plan: HostPlan, lessons: LessonsPlan) -> dict[str, Any]:
    """Return what the program reads."""
    return {
        "minutes": lessons.minutes,
        "longest": lessons.longest,
        "schedule": [asdict(each) for each in lessons.schedule],
        "follows": lessons.follows,
        "page": {
            "commune": plan.place.commune_label,
            "site": plan.place.site_label,
            "addresses": lessons.page_addresses,
            "port": lessons.page_port,
        },
        "radios": [
            {
                "name": radio.name,
                "control": global_control_of(radio),
                "networks": [
                    {"interface": each.interface, "file": lesson_file_of(each)}
                    for each in radio.for_lessons
                ],
            }
            for radio in radios(plan)
        ],
    }
