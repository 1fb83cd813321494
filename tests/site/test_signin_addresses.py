"""What every address of signing in answers, to strangers and to every role."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.locations import make_location

from .authorisation import SIGN_IN, SIGN_IN_ADDRESSES, SIGN_IN_ARGS
from .everything import make_staff

pytestmark = pytest.mark.django_db


def answers(client: Client) -> dict[str, tuple[int, int]]:
    urls = {name: reverse(name, args=SIGN_IN_ARGS.get(name, [])) for name in SIGN_IN}
    return {name: (client.get(url).status_code, client.post(url).status_code) for name, url in urls.items()}


def test_every_address_has_an_expected_answer():
    assert {name for _, name in SIGN_IN_ADDRESSES} == set(SIGN_IN)


def test_a_stranger_is_sent_to_sign_in():
    found = answers(Client(raise_request_exception=False))
    assert found == {name: expected["stranger"] for name, expected in SIGN_IN.items()}
    for name, expected in SIGN_IN.items():
        if expected["stranger"] == (302, 302):
            url = reverse(name, args=SIGN_IN_ARGS.get(name, []))
            assert Client().get(url).url.startswith("/admin/account/login/"), name


def test_every_role_has_the_same_account_to_itself():
    for role, user in make_staff(make_location(name="Auburn")).items():
        client = Client(raise_request_exception=False)
        client.force_login(user)
        assert answers(client) == {name: expected["staff"] for name, expected in SIGN_IN.items()}, role
