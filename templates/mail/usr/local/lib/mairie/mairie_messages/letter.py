"""A mail of this host's, and its way into the queue."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from email.utils import format_datetime, localtime, make_msgid

from mairie_messages.settings import Settings

LOOPBACK = "127.0.0.1"
TIMEOUT_S = 60
PERMANENT = 500
"""Answers from here on do not change by waiting (RFC 5321 section 4.2.1)."""


def letter(settings: Settings, to: str, subject: str, text: str) -> EmailMessage:
    """Return a mail without attachments."""
    mail = EmailMessage()
    mail["From"] = f"{_plain(settings.label)} <{settings.sender}>"
    mail["To"] = to
    mail["Subject"] = " ".join(subject.split())
    mail["Date"] = format_datetime(localtime())
    mail["Message-ID"] = make_msgid(domain=settings.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer by a machine
    mail.set_content(text)
    return mail


class QueueError(Exception):
    """The queue takes nothing now; it may later."""


def hand_over(settings: Settings, mail: EmailMessage) -> None:
    """Give a mail to the queue.

    Raises:
        QueueError: nobody listens, or the queue is full.
        OSError: it will never take this mail (smtplib's errors are OSErrors).

    """
    try:
        with smtplib.SMTP(LOOPBACK, settings.port, timeout=TIMEOUT_S) as queue:
            queue.send_message(mail, from_addr=settings.sender)
    except (ConnectionError, TimeoutError, smtplib.SMTPServerDisconnected) as error:
        raise QueueError(f"{error}") from error
    except smtplib.SMTPRecipientsRefused as error:
        if all(code < PERMANENT for code, _ in error.recipients.values()):
            raise QueueError(f"{error}") from error
        raise
    except smtplib.SMTPResponseException as error:
        if error.smtp_code < PERMANENT:
            raise QueueError(f"{error}") from error
        raise


def _plain(label: str) -> str:
    """Return a name that needs no quotes in a header."""
    kept = "".join(each if each.isalnum() or each in " '’-" else " " for each in label)
    return " ".join(kept.replace("'", "’").split())
