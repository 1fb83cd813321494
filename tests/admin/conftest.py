import pytest
from django.contrib.auth.models import User

from clinic_site.core.models import WorkerBeat
from tests.factories.consults import make_front_desk, make_staff_user


@pytest.fixture
def manager(client):
    """A browser in which somebody who may do everything is signed in."""
    client.force_login(User.objects.create_superuser("manager"))
    return client


@pytest.fixture
def desk(client):
    """A browser in which somebody of the front desk is signed in, as `desk.user`."""
    client.user = make_front_desk(username="desk")
    client.force_login(client.user)
    return client


@pytest.fixture
def editor(client):
    """A browser in which somebody is signed in who writes articles and sees no requests."""
    client.force_login(make_staff_user("articles.change_article", "articles.view_article", username="editor"))
    return client


@pytest.fixture
def worker(db):
    """A worker that was seen just now."""
    from django.utils import timezone

    return WorkerBeat.objects.create(host="test", seen_at=timezone.now())
