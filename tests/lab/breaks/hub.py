"""How each control of brick hub is proved."""

from tests.lab.breaks import Break

NAMES = "/etc/dnsmasq.d/mairie-hub.conf"
NAMES_LAST = "/etc/dnsmasq.d/zz-intruder"
DRIFT = "HUB-01"
RESTART = "systemctl restart dnsmasq.service && sleep 2"

BREAKS: tuple[Break, ...] = (
    Break(
        control="HUB-01",
        damage=f"echo '# a try' >>{NAMES}",
        note="a name tried by hand",
        role="hub",
    ),
    Break(
        control="HUB-02",
        damage=f"name=$(sed -n 's/^host-record=\\([^,]*\\),.*/\\1/p' {NAMES} | tail -1); "
        f'sed -i "/^host-record=$name,/d" {NAMES} && {RESTART}',
        note="a machine without a name",
        also=(DRIFT,),
        role="hub",
    ),
    Break(
        control="HUB-03",
        damage=f"sed -i '/^server=/d' {NAMES} && {RESTART}",
        note="nobody asks the sites any more",
        also=(DRIFT,),
        role="hub",
    ),
    Break(
        control="HUB-04",
        damage=f"echo except-interface=wg0 >{NAMES_LAST}-04.conf && {RESTART}",
        note="names no longer answered through the tunnels",
        role="hub",
        repair=f"rm {NAMES_LAST}-04.conf; {RESTART}",
    ),
    Break(
        control="HUB-05",
        damage="domain=$(sed -n 's/^domain=//p' /etc/dnsmasq.d/mairie.conf); "
        f"echo address=/nobody-has-this-name.$domain/192.168.77.7 >{NAMES_LAST}-05.conf && "
        f"{RESTART}",
        note="unknown names of the domain answered from outside",
        also=("NET-43",),
        role="hub",
        repair=f"rm {NAMES_LAST}-05.conf; {RESTART}",
    ),
    Break(
        control="HUB-06",
        damage="echo '# tidied' >>/var/lib/mairie/packages/current/Packages",
        note="the list of packages edited by hand",
        repair="sed -i '$d' /var/lib/mairie/packages/current/Packages",
        role="packages",
    ),
)
