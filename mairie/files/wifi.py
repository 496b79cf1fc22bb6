"""Files of the brick wifi: a RADIUS server of our own, beside which nothing of Debian's answers.

radiusd.conf comes last but for the unit: it is checked together with what it reads.
"""

from __future__ import annotations

from mairie.files import TemplateFile
from mairie.plan.host import HostPlan, Person, WifiPlan

RADIUS = "/etc/mairie/radius"
"""All that the server reads: no file of /etc/freeradius is."""
CONFIGURATION = f"{RADIUS}/radiusd.conf"
CLIENTS = f"{RADIUS}/access-points.conf"
PASSWORDS = f"{RADIUS}/passwords"
CERTIFICATES = f"{RADIUS}/certificates"
SEGMENTS = f"{RADIUS}/segments"
AUTHORITY = f"{RADIUS}/authority.pem"
"""The authority of the commune, and the list of what it revoked."""
CERTIFICATE = f"{RADIUS}/server.pem"
KEY = f"{RADIUS}/server.key"
GROUP = "freerad"
HELPERS = "/usr/local/libexec/mairie"
CHECK = f"{HELPERS}/check-radius"
SERVICE = "mairie-radius.service"
UNIT = f"/etc/systemd/system/{SERVICE}"
DEBIAN_SERVICE = "freeradius.service"
DEBIAN_UNIT = f"/etc/systemd/system/{DEBIAN_SERVICE}"
PACKAGES = ("freeradius", "openssl")
VERIFY = ("systemd-analyze", "verify", "--recursive-errors=no", "{}")


def files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return every file of the brick for this host; none where no access point asks."""
    wifi = plan.wifi
    if wifi is None:
        return ()
    return (
        TemplateFile(path=CHECK, mode="755", check=("sh", "-n", "{}")),
        _read(AUTHORITY, secret=True),
        _read(CERTIFICATE, secret=True),
        _read(KEY, secret=True),
        _read(CLIENTS, secret=True, points=wifi.access_points),
        _read(PASSWORDS, secret=True, people=with_password(wifi)),
        _read(CERTIFICATES, people=with_certificate(wifi)),
        _read(SEGMENTS, people=wifi.people),
        _read(CONFIGURATION, check=(CHECK, "{}"), wifi=wifi, folder=RADIUS, group=GROUP),
        TemplateFile(
            path=UNIT,
            check=VERIFY,
            context={"folder": RADIUS, "group": GROUP, "debian": DEBIAN_SERVICE},
        ),
    )


def with_password(wifi: WifiPlan) -> tuple[Person, ...]:
    """Return the people who log in with a password."""
    return tuple(person for person in wifi.people if person.password)


def with_certificate(wifi: WifiPlan) -> tuple[Person, ...]:
    """Return the people who log in with a certificate."""
    return tuple(person for person in wifi.people if person.certificate)


def _read(
    path: str, *, secret: bool = False, check: tuple[str, ...] | None = None, **context: object
) -> TemplateFile:
    """Return a file that the server reads and nobody else: it says who works here."""
    return TemplateFile(
        path=path, mode="640", group=GROUP, secret=secret, check=check, context=context
    )
