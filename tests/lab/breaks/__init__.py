"""Damage that turns controls red: one table per brick, so that every control is proved."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One way to damage a conforming host.

    After ``damage``, at least one check of ``control`` fails, and no check of any other control
    fails except those named in ``also``. After ``repair`` and a deploy, everything passes again.
    """

    control: str
    """Identifier of the control that must turn red."""
    damage: str
    """Shell command, run as root on the host."""
    note: str
    """What happens, in the words of the person who would do it."""
    also: tuple[str, ...] = ()
    """Controls that rightly see the same damage, or cannot look because of it."""
    repair: str = ""
    """Shell command that undoes what a deploy does not own; empty: the deploy repairs it all."""
    role: str = ""
    """Of the host it is tried on; empty: any.

    ap, ap-gateway (of a site with one), hub, exchange, mail, packages (a hub that offers some),
    packages-telephones (a host that takes them), gateway, radius, radio, telephones, visitors or
    server.
    """
    machine: bool = False
    """It needs a kernel of its own: in a virtual machine, not in a container."""
    alone: bool = False
    """Other damage, or its repair, would undo it: it gets a verification of its own."""


NO_STORE = ("BAK-10", "BAK-11", "BAK-13", "BAK-14", "BAK-20", "BAK-21", "BAK-22")
"""Controls that rightly fail, or cannot look, while a host does not reach its hub."""


def unwatched(name: str) -> str:
    """Return a command that stops a timer once its service has run.

    A run that had begun would undo the damage.
    """
    return f"systemctl stop {name}.timer && systemctl start {name}.service"
