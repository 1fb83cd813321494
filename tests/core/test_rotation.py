"""New keys for what is encrypted: nothing is lost, nothing is overwritten, and a wrong key is loud."""

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from clinic_site.core import rotation
from clinic_site.core.encryption import UnreadableValue, encrypt
from clinic_site.core.models import OutboxMessage
from clinic_site.core.rotation import Column, encrypted_places
from consults.models import Activity, ConsultRequest
from tests.factories.consults import make_mail, make_request
from tests.factories.posts import NOW

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
NAME = Column("consults_consultrequest", "id", "name")


@pytest.fixture
def written(settings):
    """Two requests, an activity and a mail under the old key, with the new one put before it."""
    settings.FIELD_KEYS = [OLD]
    request = make_request(note="About mornings")
    make_request(now=NOW + timedelta(hours=1), name="Robin Vale", email="")
    Activity.objects.create(request=request, kind="note", at=NOW, note="Prefers Tuesdays")
    mail = make_mail()
    # Mails of requests without a recipient have no address, which stays empty.
    assert OutboxMessage.objects.count() > 1
    settings.FIELD_KEYS = [NEW, OLD]
    return request, mail


def stored(column: Column = NAME) -> list[str]:
    return [token for batch in column.batches() for _, token in batch]


def run(*options: str) -> str:
    from io import StringIO

    out = StringIO()
    call_command("rotate_keys", *options, stdout=out)
    return out.getvalue()


def test_every_encrypted_column_of_the_site_is_walked():
    assert {(column.table, column.name) for column in encrypted_places()} == {
        ("core_outboxmessage", "to_address"),
        ("consults_activity", "note"),
        ("mfa_authenticator", "data"),
        *(("consults_consultrequest", name) for name in ("name", "phone", "phone_as_typed", "email", "note")),
    }


def test_after_it_the_old_key_can_be_taken_away(written, settings):
    with pytest.raises(CommandError, match="need an older key"):
        run("--check")
    assert "were encrypted anew" in run()
    assert "can be removed" in run("--check")
    settings.FIELD_KEYS = [NEW]
    request, mail = written
    request.refresh_from_db()
    assert (request.name, request.note) == ("Dana Whitfield", "About mornings")
    assert Activity.objects.get(kind="note").note == "Prefers Tuesdays"
    assert OutboxMessage.objects.get(pk=mail.pk).to_address == "desk@clinic.example"
    assert {each.email for each in ConsultRequest.objects.all()} == {"dana@mail.example", ""}


def test_a_wrong_key_is_loud_and_changes_nothing(written, settings):
    before = stored()
    settings.FIELD_KEYS = [NEW]
    with pytest.raises(CommandError, match=r"No key of FIELD_KEYS opens \w+\.\w+ of the row \d+") as caught:
        run()
    assert caught.value.returncode == 1
    assert stored() == before
    with pytest.raises(CommandError):
        run("--dry-run")
    with pytest.raises(CommandError):
        run("--check")
    with pytest.raises(UnreadableValue):
        written[0].refresh_from_db()


def test_one_unreadable_value_is_named_and_stops_it(written, settings):
    lost = ConsultRequest.objects.order_by("pk").last()
    before = stored()[0]
    assert NAME.swap(lost.pk, old=NAME.read(lost.pk), new="gAAAAA-broken")
    with pytest.raises(CommandError, match=f"consults_consultrequest.name of the row {lost.pk}. Nothing further"):
        run()
    # The whole batch was left as it was, not only the one row.
    assert NAME.read(written[0].pk) == before


def test_a_dry_run_counts_and_changes_nothing(written):
    before = stored()
    said = run("--dry-run")
    assert "consults_consultrequest.name: 2 values seen, 2 under an older key" in said
    assert "are to be encrypted anew" in said
    assert stored() == before


def test_a_run_that_was_stopped_goes_on_where_it_ended(written, monkeypatch):
    monkeypatch.setattr(rotation, "BATCH", 1)
    steps = rotation.rotate(NAME, writes=True)
    assert next(steps) == (1, 1)
    first, second = stored()
    steps.close()
    assert list(rotation.rotate(NAME, writes=True)) == [(1, 0), (1, 1)]
    assert stored()[0] == first
    assert stored()[1] != second


def test_what_somebody_writes_meanwhile_is_never_lost(written, settings, monkeypatch):
    request, _ = written
    swap = Column.swap
    writers = [[OLD], [NEW]]  # first a process that does not know the new key yet, then one that does

    def write_in_between(column, pk, *, old, new):
        if pk == request.pk and column == NAME and writers:
            keys = settings.FIELD_KEYS
            settings.FIELD_KEYS = writers.pop(0)
            ConsultRequest.objects.filter(pk=pk).update(name=f"Dana {2 - len(writers)}")
            settings.FIELD_KEYS = keys
        return swap(column, pk, old=old, new=new)

    monkeypatch.setattr(Column, "swap", write_in_between)
    run()
    settings.FIELD_KEYS = [NEW]
    request.refresh_from_db()
    assert request.name == "Dana 2"


def test_a_row_that_is_gone_by_then_is_no_fault(written, monkeypatch):
    request, _ = written
    swap = Column.swap

    def delete_first(column, pk, *, old, new):
        if pk == request.pk:
            ConsultRequest.objects.filter(pk=pk).delete()
        return swap(column, pk, old=old, new=new)

    monkeypatch.setattr(Column, "swap", delete_first)
    run()
    assert ConsultRequest.objects.get().name == "Robin Vale"


def test_empty_values_stay_empty(written):
    run()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM consults_consultrequest WHERE email = ''")
        assert cursor.fetchone() == (1,)
    assert encrypt("") == ""
