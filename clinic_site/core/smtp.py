"""Django's SMTP backend, which can also tell that a server was given a mail and never said whether it took it."""

import smtplib

from django.core.mail.backends.smtp import EmailBackend


class MailUnanswered(smtplib.SMTPServerDisconnected):
    """The whole mail was handed over, and the connection ended before the server's answer. It may have been taken."""


class _TellsUnanswered:
    """Over smtplib's classes: remembers whether the server asked for the mail itself (354)."""

    has_asked_for_mail = False

    def getreply(self):
        code, said = super().getreply()
        self.has_asked_for_mail = code == 354
        return code, said

    def data(self, msg):
        self.has_asked_for_mail = False
        try:
            return super().data(msg)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            if self.has_asked_for_mail:
                raise MailUnanswered("the mail was given and not answered") from error
            raise


class Plain(_TellsUnanswered, smtplib.SMTP):
    pass


class OverTls(_TellsUnanswered, smtplib.SMTP_SSL):
    pass


class Backend(EmailBackend):
    """Raises MailUnanswered where Django's own backend raises SMTPServerDisconnected for want of the last answer."""

    @property
    def connection_class(self):
        return OverTls if self.use_ssl else Plain
