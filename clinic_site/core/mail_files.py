"""Mails as files, while no mail server is set: to look at, without whom they were for."""

from django.core.mail.backends.filebased import EmailBackend


class PrivateFileBackend(EmailBackend):
    """Writes each mail to a file, but not the address it is for: nothing would ever delete that again."""

    def write_message(self, message) -> None:
        written = message.message()
        del written["To"]
        written["To"] = "not-kept@clinic.invalid"
        self.stream.write(written.as_bytes() + b"\n" + b"-" * 79 + b"\n")
