"""A mail server that is away, silent, unwilling, forgetful or without its encryption, while people send forms."""

import pytest

from .databases import in_time, name_recipient
from .mail_servers import (
    DOWN,
    DROPS,
    HANGING,
    REFUSES,
    TLS_GARBAGE,
    TLS_GONE,
    TLS_REFUSED,
    MailServer,
    make_certificate,
)

pytestmark = [pytest.mark.faults, pytest.mark.either]

GONE = "gone@clinic.example"
FAILED = "SELECT coalesce(sum(attempt), 0) FROM core_outboxmessage WHERE last_error <> ''"


def failed(trial, times: int) -> bool:
    """Wait until that many deliveries have failed; pauses are cut short."""

    def has_failed() -> bool:
        trial.site.send_now()
        return trial.site.database.rows(FAILED)[0][0] >= times

    return in_time(has_failed, seconds=60 + trial.count / 2)


@pytest.mark.parametrize("manner", [DOWN, HANGING, REFUSES])
def test_a_mail_server_that_takes_nothing(trial, manner):
    trial.mail.behave(manner)
    with trial.crowd(seconds=2):
        assert failed(trial, 3)
    trial.settle(f"mail server {manner}")


def test_one_recipient_is_refused(trial, site):
    name_recipient(site.database, GONE)
    trial.mail.mailbox.refuse[GONE] = "550 No such user here"
    with trial.crowd(seconds=2):
        pass
    trial.settle("550 for one recipient", refused=(GONE,), hurry=False)


def test_a_mail_server_that_takes_a_mail_and_says_nothing(trial):
    trial.mail.behave(DROPS)
    with trial.crowd(seconds=2):
        assert failed(trial, 3 * trial.count)  # some mails have been given away three times
    trial.settle("accept-then-drop", mails=3)


@pytest.fixture
def mail_server(request, tmp_path):
    """As everywhere, but with STARTTLS where a test asks for it."""
    with_tls = request.node.originalname == "test_starttls_is_broken"
    server = MailServer(certificate=make_certificate(tmp_path) if with_tls else None)
    yield server
    server.close()


def test_starttls_is_broken(site, stopped_trial, mail_server):
    trial = stopped_trial
    site.env["EMAIL_URL"] = f"smtp+tls://127.0.0.1:{mail_server.port}"
    site.env["SSL_CERT_FILE"] = str(mail_server.certificate)
    mail_server.behave(DOWN)
    site.start_worker()
    site.start_web()
    with trial.crowd(seconds=3):
        for times, manner in enumerate([TLS_REFUSED, TLS_GARBAGE, TLS_GONE], start=1):
            mail_server.behave(manner)
            assert failed(trial, times * 3)
            assert mail_server.mails == []
    trial.settle("broken STARTTLS")
