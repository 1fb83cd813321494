"""The command that makes the roles, and the account for the first day."""

from io import StringIO

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command

from clinic_site.core.models import AuditEntry
from clinic_site.roles import CLINICIAN, EDITOR, FRONT_DESK, IN_WORDS, MANAGER, OWNER, ROLES
from consults.models import ConsultRequest
from tests.factories.consults import make_role

pytestmark = pytest.mark.django_db


def permissions_of(role: str) -> set[str]:
    rows = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


def set_up() -> None:
    call_command("set_up_roles", verbosity=0)


def test_there_are_five_roles_each_with_exactly_its_permissions():
    set_up()
    assert set(Group.objects.values_list("name", flat=True)) == {FRONT_DESK, EDITOR, CLINICIAN, MANAGER, OWNER}
    assert {role: permissions_of(role) for role in ROLES} == ROLES


def test_running_it_again_mends_what_was_changed_and_leaves_people_and_other_groups_alone():
    set_up()
    desk = make_role(FRONT_DESK)
    other = Group.objects.create(name="Something old")
    other.permissions.add(Permission.objects.first())
    group = Group.objects.get(name=FRONT_DESK)
    group.permissions.set(Permission.objects.filter(codename__startswith="delete_"))
    Group.objects.get(name=EDITOR).permissions.clear()
    ids = dict(Group.objects.values_list("name", "pk"))
    set_up()
    assert {role: permissions_of(role) for role in ROLES} == ROLES
    assert dict(Group.objects.values_list("name", "pk")) == ids
    assert list(desk.groups.all()) == [group]
    assert other.permissions.count() == 1


def test_a_permission_that_does_not_exist_leaves_everything_as_it_was(monkeypatch):
    set_up()
    before = {role: permissions_of(role) for role in ROLES}
    monkeypatch.setitem(ROLES, FRONT_DESK, set())
    monkeypatch.setitem(ROLES, OWNER, {"consults.read_minds"})
    with pytest.raises(KeyError):
        set_up()
    assert {role: permissions_of(role) for role in ROLES} == before


def test_it_runs_at_every_start(tmp_path, settings):
    settings.VAR_DIR = tmp_path
    call_command("prepare", stdout=StringIO())
    assert {role: permissions_of(role) for role in ROLES} == ROLES


def test_every_role_is_explained():
    assert list(IN_WORDS) == list(ROLES)


def test_who_writes_sees_no_request_and_who_answers_requests_writes_nothing():
    about_requests = {name for names in ROLES.values() for name in names if name.startswith("consults.")}
    for role in (EDITOR, CLINICIAN):
        assert not ROLES[role] & about_requests
    for role in (FRONT_DESK, MANAGER):
        assert not {name for name in ROLES[role] if name.startswith("articles.")}
    assert ROLES[FRONT_DESK] == {"consults.view_consultrequest", "consults.change_consultrequest"}


def test_only_clinicians_and_owners_may_sign_and_nobody_holds_the_keys_of_django_itself():
    assert {role for role, names in ROLES.items() if "articles.add_review" in names} == {CLINICIAN, OWNER}
    assert {role for role, names in ROLES.items() if "auth.change_user" in names} == {MANAGER, OWNER}
    assert {role for role, names in ROLES.items() if "auth.delete_user" in names} == {OWNER}
    for names in ROLES.values():
        assert not {name for name in names if "group" in name or "permission" in name.split(".")[1]}
        assert not {name for name in names if name.split(".")[1] in {"delete_auditentry", "delete_consultrequest"}}


def test_whoever_changes_a_page_may_change_all_that_stands_on_it():
    """A form without the rows on it would look complete and lose them from sight."""
    for model, model_admin in admin.site._registry.items():
        for role in (EDITOR, CLINICIAN, OWNER):
            if f"{model._meta.app_label}.add_{model._meta.model_name}" not in ROLES[role]:
                continue
            for inline in model_admin.inlines:
                opts = inline.model._meta
                for action in ("view", "add", "change", "delete"):
                    assert f"{opts.app_label}.{action}_{opts.model_name}" in ROLES[role], (role, opts.label)


def test_every_permission_of_its_own_that_requests_have_is_held_by_managers():
    own = {f"consults.{codename}" for codename, _ in ConsultRequest._meta.permissions}
    assert own <= ROLES[MANAGER]
    assert own <= ROLES[OWNER]


# The first account -----------------------------------------------------------------------------


def make_manager() -> str:
    out = StringIO()
    call_command("make_manager", stdout=out)
    return out.getvalue()


def password_in(text: str) -> str:
    return text.split("password ")[1].split()[0]


def test_the_first_account_is_a_superuser_named_manager(client):
    text = make_manager()
    manager = User.objects.get()
    assert (manager.username, manager.is_superuser, manager.is_staff) == ("manager", True, True)
    assert client.login(username="manager", password=password_in(text))
    assert client.get("/admin/auth/user/").url == "/admin/account/password/first/"
    own = {"new_password1": "eight-blue-kettles-hum", "new_password2": "eight-blue-kettles-hum"}
    assert list(AuditEntry.objects.values_list("action", "subject", "detail")) == [
        ("superuser-password-set", f"user:{manager.pk}", {})
    ]
    client.post("/admin/account/password/first/", own)
    assert client.get("/admin/auth/user/").status_code == 200


def test_asked_again_it_opens_the_same_account_with_a_new_password_even_one_that_was_switched_off(client):
    make_manager()
    User.objects.update(is_active=False)
    assert client.login(username="manager", password=password_in(make_manager()))
    assert User.objects.count() == 1


def test_it_takes_over_no_account_that_somebody_works_with(client):
    somebody = make_role(FRONT_DESK, username="manager")
    before = User.objects.values().get(pk=somebody.pk)
    text = make_manager()
    assert "“manager-2”" in text
    assert User.objects.values().get(pk=somebody.pk) == before
    assert User.objects.get(username="manager-2").is_superuser
    assert "“manager-2”" in make_manager()
