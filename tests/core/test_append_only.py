"""The audit trail stays as it was written, even for somebody with the database itself in hand."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from clinic_site.core.client_address import current_address
from clinic_site.core.models import AuditEntry
from tests.factories.posts import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry():
    return AuditEntry.record(
        action="request-viewed", subject="consult:7K3M9PXW", now=NOW, actor=User.objects.create_user("desk"), found=1
    )


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE core_auditentry SET action = 'nothing'",
        "UPDATE core_auditentry SET subject = ''",
        "UPDATE core_auditentry SET actor_name = 'somebody else'",
        "UPDATE core_auditentry SET from_address = '192.0.2.1'",
        "UPDATE core_auditentry SET detail = '{}'",
        "UPDATE core_auditentry SET at = '2020-01-01'",
        "DELETE FROM core_auditentry",
    ],
)
def test_nothing_is_changed_or_taken_away(entry, change):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    kept = AuditEntry.objects.get()
    assert (kept.action, kept.subject, kept.actor_name, kept.detail, kept.at) == (
        "request-viewed",
        "consult:7K3M9PXW",
        "desk",
        {"found": 1},
        NOW,
    )


def test_an_account_can_be_deleted_and_its_name_stays(entry):
    User.objects.get().delete()
    entry.refresh_from_db()
    assert (entry.actor, entry.actor_name) == (None, "desk")


def test_an_entry_is_not_given_to_somebody_else(entry):
    other = User.objects.create_user("other")
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.update(actor=other)


def test_it_says_where_staff_worked_and_never_where_a_visitor_was():
    token = current_address.set("203.0.113.9")
    try:
        staff = AuditEntry.record(action="a", subject="s", now=NOW, actor=User.objects.create_user("desk"))
        visitor = AuditEntry.record(action="request-received", subject="s", now=NOW)
    finally:
        current_address.reset(token)
    assert (staff.from_address, visitor.from_address) == ("203.0.113.9", None)
    assert AuditEntry.record(action="a", subject="s", now=NOW, actor=staff.actor).from_address is None
