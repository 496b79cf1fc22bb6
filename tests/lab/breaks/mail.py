"""How each control of brick mail is proved."""

from tests.lab.breaks import Break

ROLE = "mail"
"""A host that sends mail."""
DRIFT, READ = "MAI-03", "MAI-05"
SERVICE = "postfix.service"
OUTBOX = "/var/spool/asterisk/mail"
SENT = (
    "import smtplib; smtplib.SMTP('127.0.0.1').sendmail("
    "'a@demo.example', ['b@demo.example'], 'Subject: x\\n\\nx')"
)
AGED = (
    "import pathlib, re\n"
    "for path in pathlib.Path('/var/spool/postfix').glob('[adi]*/**/*'):\n"
    "    if path.is_file():\n"
    "        text = path.read_bytes()\n"
    "        old = re.sub(rb'(T.)(\\d{10})( )', rb'\\g<1>1700000000\\g<3>', text, count=1)\n"
    "        path.open('r+b').write(old)\n"
)
"""The time of arrival that a message in the queue says, two years ago."""

BREAKS: tuple[Break, ...] = (
    Break(
        control="MAI-01",
        damage=f"systemctl disable {SERVICE}",
        note="works until the next power cut",
        role=ROLE,
    ),
    Break(
        control="MAI-02",
        alone=True,
        damage=f"postconf -e inet_interfaces=all && systemctl restart {SERVICE}",
        note="takes the mail of the whole network, for a scanner",
        also=(DRIFT,),
        role=ROLE,
    ),
    Break(
        control="MAI-03",
        damage="echo '# by hand' >>/etc/mairie/messages.json",
        note="a file edited on the host",
        role=ROLE,
    ),
    Break(
        control="MAI-04",
        alone=True,
        damage="postconf -e smtp_tls_security_level=may",
        note="encrypted if the relay feels like it",
        also=(DRIFT, READ),
        role=ROLE,
    ),
    Break(
        control="MAI-04",
        alone=True,
        damage="postconf -P smtp/unix/smtp_tls_security_level=none",
        note="in clear, said in another file",
        also=(DRIFT, READ),
        role=ROLE,
    ),
    Break(
        control="MAI-05",
        alone=True,
        damage="sleep 3; touch /etc/postfix/relay_password",
        note="a password that it has not read",
        repair=f"systemctl restart {SERVICE}",
        role=ROLE,
    ),
    Break(
        control="MAI-06",
        damage="chmod 644 /etc/postfix/relay_password",
        note="a password that anybody may read",
        also=(READ,),
        repair=f"chmod 600 /etc/postfix/relay_password; sleep 1; systemctl restart {SERVICE}",
        role=ROLE,
    ),
    Break(
        control="MAI-07",
        damage=f'python3 -c "{SENT}" && sleep 2 && python3 -c "{AGED}"',
        note="a relay that has not answered for years",
        repair="postsuper -d ALL",
        role=ROLE,
    ),
    Break(
        control="MAI-08",
        damage=f"touch -d '1 hour ago' {OUTBOX}/message.x.failed",
        note="a message that never got into the queue",
        repair=f"rm {OUTBOX}/message.x.failed",
        role=ROLE,
    ),
)
