import pytest
from cryptography.fernet import Fernet
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from clinic_site.core.encryption import UnreadableValue, decrypt, encrypt, lookup_hash
from clinic_site.core.models import OutboxMessage
from tests.factories.posts import NOW


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_is_encrypted_comes_back_as_it_was(text):
    assert decrypt(encrypt(text)) == text


def test_an_empty_text_stays_empty():
    assert encrypt("") == ""


def test_the_same_text_never_looks_the_same_twice():
    assert encrypt("Dana") != encrypt("Dana")


def test_an_old_key_still_reads_and_a_new_one_writes(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_KEYS = [old]
    token = encrypt("Dana")
    settings.FIELD_KEYS = [new, old]
    assert decrypt(token) == "Dana"
    assert Fernet(new).decrypt(encrypt("Dana").encode()) == b"Dana"


def test_a_wrong_key_is_loud(settings):
    token = encrypt("Dana")
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(UnreadableValue):
        decrypt(token)


def test_hashes_are_equal_for_equal_values_and_differ_by_purpose_and_key(settings):
    one = lookup_hash("x", purpose="phone")
    assert one == lookup_hash("x", purpose="phone")
    assert one != lookup_hash("x", purpose="email")
    assert lookup_hash("", purpose="phone") == ""
    settings.LOOKUP_KEY = "another"
    assert one != lookup_hash("x", purpose="phone")


@pytest.mark.django_db
def test_the_database_never_sees_the_text_and_null_and_empty_stay_apart():
    message = OutboxMessage.objects.create(
        kind="staff", to_address="desk@clinic.example", subject="s", body="b", created_at=NOW, due_at=NOW
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_address FROM core_outboxmessage WHERE id = %s", [message.pk])
        (stored,) = cursor.fetchone()
    assert "desk" not in stored
    message.refresh_from_db()
    assert message.to_address == "desk@clinic.example"


@pytest.mark.django_db
def test_an_encrypted_column_cannot_be_searched():
    with pytest.raises(TypeError, match="hash"):
        OutboxMessage.objects.filter(to_address="desk@clinic.example").exists()
