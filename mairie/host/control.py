"""Conformance controls: how one is declared, and the fixtures its checks use.

A control is one pytest function in ``tests/conformance/test_<brick>.py``, or beside it in
``test_<brick>_<part>.py``::

    @control("VPN-03", title="Le tunnel vers le syndicat répond", severity="critical",
             reason="Sans tunnel, …", references=("ANSSI hygiène 23",),
             each=lambda plan: plan.vpn.peers)
    def test_peer_answers(subject, probe, plan):
        assert probe(f"ping -c1 -W2 {plan.vpn.hub_ipv4}").ok, "…"

``each`` makes one check per subject. A false assertion is a fail; anything else that goes wrong,
a skip included, is unknown: the check could not look. Fixtures: ``plan`` (HostPlan), ``subject``,
``drift`` (what of a placed file differs from the plan), ``probe``, ``seen`` (a list for what the
report shows beside the outcome), and testinfra's ``host``. A file
may have a function ``ahead(plan, probe)``, which begins slow commands before the first control.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from mairie.host.events import ControlResult, Outcome, Severity
from mairie.plan.host import HostPlan

__all__ = ["Control", "ControlResult", "Outcome", "Severity", "control", "control_of", "subjects"]

Check = TypeVar("Check", bound=Callable[..., None])
Each = Callable[[HostPlan], Iterable[Any] | Mapping[str, Any]]

_ATTRIBUTE = "__mairie_control__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What a control says about itself."""

    id: str
    """``<STEM>-<two digits>``: ``VPN-03``."""
    title: str
    """French, one line: what is true when it passes."""
    reason: str
    """French: what it protects from."""
    severity: Severity
    references: tuple[str, ...]
    """ANSSI hygiene measures, BP-028 rules, laws, RFCs."""
    applies: Callable[[HostPlan], bool]
    each: Each | None
    late: bool
    """Looked at after all others: what it waits for has begun before them (``ahead``)."""


def _always(_: HostPlan) -> bool:
    return True


def control(
    id: str,  # noqa: A002 - the word everywhere else
    *,
    title: str,
    reason: str,
    severity: Severity,
    references: tuple[str, ...] = (),
    applies: Callable[[HostPlan], bool] = _always,
    each: Each | None = None,
    late: bool = False,
) -> Callable[[Check], Check]:
    """Declare the function a control.

    Args:
        id: shared by several functions when one control needs several kinds of checks.
        title: see :class:`Control`.
        reason: see :class:`Control`.
        severity: see :class:`Control`.
        references: see :class:`Control`.
        applies: whether this host needs the control at all.
        each: the subjects, one check for each: items with a ``name``, strings, or a mapping of
            labels to values. None at all: the control does not apply.
        late: see :class:`Control`.

    """
    declared = Control(
        id=id,
        title=title,
        reason=reason,
        severity=severity,
        references=references,
        applies=applies,
        each=each,
        late=late,
    )

    def mark(check: Check) -> Check:
        setattr(check, _ATTRIBUTE, declared)
        return check

    return mark


def control_of(function: object) -> Control | None:
    """Return what the function was declared as, if it was."""
    found = getattr(function, _ATTRIBUTE, None)
    return found if isinstance(found, Control) else None


def subjects(declared: Control, plan: HostPlan) -> list[tuple[str, Any]]:
    """Return label and value of every subject on this host; one nameless one without ``each``."""
    if not declared.applies(plan):
        return []
    if declared.each is None:
        return [("", None)]
    found = declared.each(plan)
    if isinstance(found, Mapping):
        return list(found.items())
    return [(_label(item), item) for item in found]


def _label(item: Any) -> str:
    if isinstance(item, str | int):
        return str(item)
    if isinstance(item, tuple | list):
        return " ".join(_label(part) for part in item)
    for attribute in ("name", "label", "key", "segment", "counter", "path"):
        value = getattr(item, attribute, None)
        if isinstance(value, str) and value:
            return value
    return str(item)
