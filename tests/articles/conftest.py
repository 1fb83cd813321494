import pytest
from django.contrib.auth.models import User


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_superuser("editor"))
    return client
