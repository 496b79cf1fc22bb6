"""Files of the brick wifi: a RADIUS server and radios of our own, nothing of Debian's beside them.

radiusd.conf, and the configuration of a radio, come after what they read: both are checked
together with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from mairie import hostapd, neighbours
from mairie.files import VERIFY, TemplateFile
from mairie.plan.host import HostPlan
from mairie.plan.parts.wifi import Network, Person, Radio, WifiPlan

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
PACKAGES = ("freeradius", "openssl")
HOSTAPD = "/etc/hostapd/mairie"
"""All that hostapd reads: no other file of /etc/hostapd is."""
HOSTAPD_CONTROL = "/run/mairie-hostapd"
"""A folder for each radio, with a socket for each of its networks."""
HOSTAPD_CHECK = f"{HELPERS}/check-hostapd"
TELL_NEIGHBOURS = f"{HELPERS}/tell-neighbours"
HOSTAPD_TEMPLATE = "mairie-hostapd@.service"
HOSTAPD_UNIT = f"/etc/systemd/system/{HOSTAPD_TEMPLATE}"
DEBIAN_HOSTAPD = ("hostapd.service", "hostapd@.service")
HOSTAPD_PACKAGES = ("hostapd", "iw", "wireless-regdb")
NETWORKD = "/etc/systemd/network"


def files(plan: HostPlan) -> tuple[TemplateFile, ...]:
    """Return every file of the brick for this host; none where no access point or radio is."""
    wifi = plan.wifi
    if wifi is None:
        return ()
    return (*radius_files(wifi), *radio_files(wifi))


def service_of(radio: Radio) -> str:
    """Return the unit that runs a radio."""
    return HOSTAPD_TEMPLATE.replace("@", f"@{radio.name}")


def configuration_of(radio: Radio) -> str:
    """Return the path of the configuration that hostapd starts with."""
    return f"{HOSTAPD}/{radio.name}.conf"


def lesson_file_of(network: Network) -> str:
    """Return the path of the configuration of one network that a lesson puts on the air."""
    return f"{HOSTAPD}/{network.interface}.bss"


def configurations_of(radio: Radio) -> dict[str, tuple[Network, ...]]:
    """Return the networks of a radio by the path of the configuration they stand in."""
    always = {configuration_of(radio): radio.always} if radio.always else {}
    return {**always, **{lesson_file_of(each): (each,) for each in radio.for_lessons}}


def power_of(radio: Radio) -> str:
    """Return the path of the file with the ceiling of a radio's power."""
    return f"{HOSTAPD}/{radio.name}.power"


def neighbours_of(radio: Radio) -> str:
    """Return the path of the list of where else its networks are."""
    return f"{HOSTAPD}/{radio.name}.neighbours"


def global_control_of(radio: Radio) -> str:
    """Return the path of the socket through which networks come and go."""
    return f"{control_of(radio)}/global"


def control_of(radio: Radio) -> str:
    """Return the folder of a radio's control sockets."""
    return f"{HOSTAPD_CONTROL}/{radio.name}"


def radius_files(wifi: WifiPlan) -> tuple[TemplateFile, ...]:
    """Return the files of the RADIUS server; none where nobody asks it."""
    if not wifi.has_radius:
        return ()
    return (
        TemplateFile(path=CHECK, mode="755", check=("sh", "-n", "{}")),
        _read(AUTHORITY, secret=True),
        _read(CERTIFICATE, secret=True),
        _read(KEY, secret=True),
        _read(CLIENTS, secret=True, points=wifi.access_points, radios=wifi.asks_itself),
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


def radio_files(wifi: WifiPlan) -> tuple[TemplateFile, ...]:
    """Return the files of the radios; none where there are none."""
    return tuple(_radios(wifi))


def _radios(wifi: WifiPlan) -> Iterator[TemplateFile]:
    if not wifi.radios:
        return
    yield TemplateFile(path=HOSTAPD_CHECK, mode="755", check=("sh", "-n", "{}"))
    yield from _lists(wifi)
    for radio in wifi.radios:
        yield _hostapd(
            f"{radio.name}.power",
            "power",
            power=radio.power * 100,
            secret=False,
            radio=radio,
            lessons=has_lessons(wifi),
            configuration=configuration_of(radio) if radio.always else "",
        )
        for path, networks in configurations_of(radio).items():
            yield _hostapd(
                path.rpartition("/")[2],
                "conf",
                check=(HOSTAPD_CHECK, "{}"),
                radio=radio,
                settings=hostapd.radio_settings(radio),
                sections=hostapd.sections(networks, wifi, HOSTAPD, control_of(radio)),
            )
    if _neighbours(wifi):
        yield TemplateFile(path=TELL_NEIGHBOURS, mode="755", check=("sh", "-n", "{}"))
    for radio in wifi.radios:
        if _neighbours(wifi):
            yield _hostapd(
                neighbours_of(radio).rpartition("/")[2],
                "neighbours",
                secret=False,
                reports=[each for name in radio.networks for each in neighbours.reports(name)],
            )
        isolated = [network for network in radio.networks if network.isolated]
        for bridge in sorted({network.bridge for network in isolated}):
            names = [x for n in isolated if n.bridge == bridge for x in n.interfaces]
            yield TemplateFile(
                path=f"{NETWORKD}/35-{radio.name}-{bridge}.network",
                template="etc/systemd/network/isolated.network.j2",
                context={"interfaces": names, "bridge": bridge},
            )
    yield TemplateFile(
        path=HOSTAPD_UNIT,
        check=VERIFY,
        context={
            "folder": HOSTAPD,
            "control": HOSTAPD_CONTROL,
            "lessons": has_lessons(wifi),
            "tell": TELL_NEIGHBOURS if _neighbours(wifi) else "",
            "radius": SERVICE if wifi.has_radius else "",
        },
    )


def _neighbours(wifi: WifiPlan) -> bool:
    """Whether a network is also on another radio, where it can be told of."""
    return any(network.neighbours for radio in wifi.radios for network in radio.networks)


def has_lessons(wifi: WifiPlan) -> bool:
    """Whether a radio has networks that come and go."""
    return any(radio.for_lessons for radio in wifi.radios)


def _lists(wifi: WifiPlan) -> Iterator[TemplateFile]:
    """Yield the lists that configurations name: VLANs of each BSS, devices of each network."""
    networks = [network for radio in wifi.radios for network in radio.networks]
    for network in networks:
        if network.security == "enterprise":
            yield _hostapd(
                f"{network.interface}.vlan",
                "vlan",
                secret=False,
                network=network,
                segments=wifi.people_segments,
            )
    for network in {each.name: each for each in networks if each.devices}.values():
        yield _hostapd(f"{network.name}.accept", "accept", secret=False, network=network)
        yield _hostapd(f"{network.name}.keys", "keys", network=network)


def _hostapd(
    name: str,
    template: str,
    *,
    secret: bool = True,
    check: tuple[str, ...] | None = None,
    **context: object,
) -> TemplateFile:
    """Return a file that hostapd reads."""
    return TemplateFile(
        path=f"{HOSTAPD}/{name}",
        template=f"etc/hostapd/mairie/{template}.j2",
        mode="600",
        secret=secret,
        check=check,
        context=context,
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
