"""How each control of brick wifi is proved."""

from tests.lab.breaks import Break

FOLDER = "/etc/mairie/radius"
DRIFT = "WIF-03"
NOT_READ = "WIF-04"
RESTART = "systemctl restart mairie-radius.service"
OWN = f"$(sed -n 's/^\\t\\tipaddr = //p' {FOLDER}/radiusd.conf)"
RADIUS = "radius"


def other_certificate(days: int) -> str:
    """Return the command that gives the server a certificate that nobody signed."""
    return (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
        f"-subj /CN=radius -days {days} -keyout /run/break.key -out /run/break.pem 2>/dev/null && "
        f"cat /run/break.key >{FOLDER}/server.key && cat /run/break.pem >{FOLDER}/server.pem && "
        f"rm /run/break.key /run/break.pem && {RESTART}"
    )


BREAKS: tuple[Break, ...] = (
    Break(
        control="WIF-01",
        damage="systemctl disable mairie-radius.service",
        note="works until the next power cut",
        role=RADIUS,
    ),
    Break(
        control="WIF-02",
        damage=f"sed -i 's/^\\t\\tipaddr = .*/\\t\\tipaddr = */' {FOLDER}/radiusd.conf && "
        f"{RESTART}",
        note="listens everywhere, for a test",
        also=(DRIFT,),
        role=RADIUS,
    ),
    Break(
        control="WIF-03",
        damage=f"echo '# by hand' >>{FOLDER}/segments && {RESTART}",
        note="a file edited on the host",
        role=RADIUS,
    ),
    Break(
        control="WIF-04",
        alone=True,
        damage=f"sleep 2; touch {FOLDER}/segments",
        note="files that the server has not read",
        repair=RESTART,
        role=RADIUS,
    ),
    Break(
        control="WIF-05",
        damage="rm /etc/systemd/system/freeradius.service && systemctl daemon-reload",
        note="Debian's own service may start again",
        role=RADIUS,
    ),
    Break(
        control="WIF-10",
        damage=f"chmod 644 {FOLDER}/server.key && {RESTART}",
        note="anybody may read the key",
        role=RADIUS,
    ),
    Break(
        control="WIF-11",
        damage=f"cp {FOLDER}/passwords /var/tmp/passwords.old && chmod 644 /var/tmp/passwords.old",
        note="a copy, just in case",
        repair="rm /var/tmp/passwords.old",
        role=RADIUS,
    ),
    Break(
        control="WIF-20",
        damage="echo 'intruder NT-Password := 0x8846F7EAEE8FB117AD06BDD830B7586C' "
        f">>{FOLDER}/passwords && {RESTART}",
        note="a friend let in by hand",
        role=RADIUS,
    ),
    Break(
        control="WIF-21",
        damage='printf \'client pirate {\\n\\tipaddr = 192.0.2.77\\n\\tsecret = "pirate"\\n'
        f"\\trequire_message_authenticator = yes\\n\\tlimit_proxy_state = yes\\n}}\\n' "
        f">>{FOLDER}/access-points.conf && {RESTART}",
        note="an access point that nobody declared",
        role=RADIUS,
    ),
    Break(
        control="WIF-22",
        damage=f'sed -i "s/^\\tipaddr = .*/\\tipaddr = {OWN}/" {FOLDER}/access-points.conf && '
        f"{RESTART}",
        note="another machine is taken for an access point",
        also=("WIF-21",),
        role=RADIUS,
    ),
    Break(
        control="WIF-30",
        damage="sed -i 's/require_message_authenticator = yes/require_message_authenticator = no/' "
        f"{FOLDER}/radiusd.conf && {RESTART}",
        note="an old access point that does not sign",
        also=(DRIFT,),
        role=RADIUS,
    ),
    Break(
        control="WIF-31",
        damage=f"sed -i 's/^\\t\\ttls {{/\\t\\tmd5 {{\\n\\t\\t}}\\n&/' {FOLDER}/radiusd.conf && "
        f"{RESTART}",
        note="a device that knows EAP-MD5 only",
        also=(DRIFT,),
        role=RADIUS,
    ),
    Break(
        control="WIF-40",
        damage=other_certificate(100),
        note="a certificate that no device knows",
        role=RADIUS,
    ),
    Break(
        control="WIF-41",
        damage=other_certificate(10),
        note="ten days, and nobody looked",
        also=("WIF-40",),
        role=RADIUS,
    ),
)
