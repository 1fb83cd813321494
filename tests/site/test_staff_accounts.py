"""Staff accounts: who may open whose, what a hostile form changes, and what is written down of it."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic_site.core.models import AuditEntry
from clinic_site.roles import CLINICIAN, EDITOR, FRONT_DESK, MANAGER, OWNER, ROLES
from tests.admin.page import text_of
from tests.factories.consults import PASSWORD, make_request, make_role, make_staff_user
from tests.factories.locations import make_clinician, make_location

pytestmark = pytest.mark.django_db

LIST = "/admin/auth/user/"
NEW_PASSWORD = "seven-green-kettles-sing"


@pytest.fixture
def as_manager(client):
    client.user = make_role(MANAGER, username="mona")
    client.force_login(client.user)
    return client


@pytest.fixture
def as_owner(client):
    client.user = make_role(OWNER, username="olive")
    client.force_login(client.user)
    return client


def page(account: User, name: str = "change") -> str:
    return f"{LIST}{account.pk}/{name}/"


def post(account: User, **changes) -> dict:
    """A good post of an account's form as it stands, with changes; None takes a field out."""
    fields = {
        "username": account.username,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "email": account.email,
        "is_active": "on" if account.is_active else None,
        "roles": roles_of(account),
        "clinics": list(account.desk_clinics.values_list("pk", flat=True)),
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def roles_of(account: User) -> list[str]:
    return sorted(account.groups.values_list("name", flat=True))


def standing(account: User) -> tuple:
    """Everything that decides what an account may do, as the database has it."""
    row = User.objects.filter(pk=account.pk).values_list(
        "is_superuser", "is_staff", "is_active", "password", "username"
    )
    permissions = account.user_permissions.values_list("codename", flat=True)
    return (*row.get(), roles_of(account), sorted(permissions))


def entries() -> list[tuple]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", "subject", "actor_name", "detail"))


def hostile() -> dict:
    """Fields that the form does not have, with everything there is to be had."""
    return {
        "is_superuser": "on",
        "is_staff": "on",
        "groups": list(Group.objects.values_list("pk", flat=True)),
        "user_permissions": list(Permission.objects.values_list("pk", flat=True)),
        "password": "x",
        "last_login_0": "2026-11-25",
    }


# What a manager does --------------------------------------------------------------------------


def test_a_manager_adds_somebody_for_the_front_desk_who_can_sign_in(as_manager, client):
    auburn = make_location(name="Auburn")
    data = {"username": "frances", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    response = as_manager.post(f"{LIST}add/", {**data, "roles": [FRONT_DESK], "clinics": [auburn.pk]}, follow=True)
    frances = User.objects.get(username="frances")
    assert response.redirect_chain[-1][0] == page(frances)
    assert (frances.is_staff, frances.is_superuser, roles_of(frances)) == (True, False, [FRONT_DESK])
    assert entries() == [
        ("account-created", f"user:{frances.pk}", "mona", {}),
        ("roles-changed", f"user:{frances.pk}", "mona", {"given": [FRONT_DESK], "taken": []}),
        ("clinics-changed", f"user:{frances.pk}", "mona", {"given": [auburn.pk], "taken": []}),
        ("password-set", f"user:{frances.pk}", "mona", {}),
    ]
    make_request(location=auburn)
    client.logout()
    assert client.login(username="frances", password=NEW_PASSWORD)
    # A password that somebody else knows is changed before anything else.
    assert client.get("/admin/").url == "/admin/account/password/first/"
    own = {"new_password1": "eight-blue-kettles-hum", "new_password2": "eight-blue-kettles-hum"}
    assert client.post("/admin/account/password/first/", own).status_code == 302
    assert len(client.get("/admin/consults/consultrequest/").context["cl"].result_list) == 1


def test_every_role_is_explained_in_a_sentence(as_manager):
    text = text_of(as_manager.get(f"{LIST}add/"))
    assert "Front desk: answers the requests of their own clinics" in text
    assert "Owner:" not in text


def test_each_change_is_noted_by_field_role_and_clinic(as_manager):
    auburn = make_location(name="Auburn")
    editor = make_role(EDITOR, username="ed")
    as_manager.post(page(editor), post(editor, email="ed@clinic.example", roles=[FRONT_DESK], clinics=[auburn.pk]))
    as_manager.post(page(editor), post(editor, email="ed@clinic.example", is_active=None))
    editor.refresh_from_db()
    assert (editor.email, editor.is_active, roles_of(editor)) == ("ed@clinic.example", False, [FRONT_DESK])
    subject = f"user:{editor.pk}"
    assert entries() == [
        ("account-changed", subject, "mona", {"fields": ["email"]}),
        ("roles-changed", subject, "mona", {"given": [FRONT_DESK], "taken": [EDITOR]}),
        ("clinics-changed", subject, "mona", {"given": [auburn.pk], "taken": []}),
        ("account-changed", subject, "mona", {"fields": ["is_active"]}),
        ("account-switched-off", subject, "mona", {}),
    ]


def test_a_save_that_changes_nothing_notes_nothing(as_manager):
    editor = make_role(EDITOR)
    assert as_manager.post(page(editor), post(editor)).status_code == 302
    assert entries() == []


def test_switching_off_ends_the_session_at_once(as_manager):
    desk, browser = make_role(FRONT_DESK), Client()
    browser.force_login(desk)
    assert browser.get("/admin/").status_code == 200
    as_manager.post(page(desk), post(desk, is_active=None))
    assert browser.get("/admin/").status_code == 302


def test_a_manager_sets_a_password_and_only_that_it_was_set_is_noted(as_manager):
    editor = make_role(EDITOR)
    data = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true", "set-password": ""}
    assert as_manager.post(page(editor, "password"), data).status_code == 302
    editor.refresh_from_db()
    assert editor.check_password(NEW_PASSWORD)
    assert entries() == [("password-set", f"user:{editor.pk}", "mona", {})]
    as_manager.post(page(editor, "password"), {**data, "password1": "another"})
    as_manager.post(page(editor, "password"), {"usable_password": "false", "unset-password": ""})
    editor.refresh_from_db()
    assert editor.check_password(NEW_PASSWORD)
    assert len(entries()) == 1


def test_a_password_set_while_the_form_was_open_stays(as_manager):
    editor = make_role(EDITOR)
    form = post(editor, first_name="Ed")
    fresh = User.objects.get(pk=editor.pk)
    fresh.set_password(NEW_PASSWORD)
    fresh.save()
    as_manager.post(page(editor), form)
    editor.refresh_from_db()
    assert editor.first_name == "Ed"
    assert editor.check_password(NEW_PASSWORD)


def test_ones_own_password_is_changed_where_the_old_one_is_asked_for(as_manager):
    assert as_manager.get(page(as_manager.user, "password")).url == "/admin/password_change/"
    data = {"old_password": "wrong", "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert as_manager.post("/admin/password_change/", data).status_code == 200
    assert entries() == []
    assert as_manager.post("/admin/password_change/", {**data, "old_password": PASSWORD}).status_code == 302
    assert entries() == [("password-changed", f"user:{as_manager.user.pk}", "mona", {})]


def test_the_list_says_what_each_may_do_and_asks_the_database_as_often_for_many(as_manager):
    auburn = make_location(name="Auburn")
    counts = []
    for number in (3, 12):
        for _ in range(number):
            make_role(FRONT_DESK).desk_clinics.add(auburn)
        with CaptureQueriesContext(connection) as queries:
            text = text_of(as_manager.get(LIST))
        counts.append(len(queries))
    assert "Front desk Auburn" in text
    assert counts[0] == counts[1]


# Who is out of reach --------------------------------------------------------------------------


def test_superusers_owners_and_accounts_with_rights_of_their_own_are_not_there_for_a_manager(as_manager):
    stray = make_staff_user(username="stray")
    stray.groups.add(Group.objects.create(name="Something old"))
    beyond = [
        User.objects.create_superuser("root"),
        make_role(OWNER),
        make_staff_user("auth.delete_user", username="special"),
        stray,
    ]
    before = [standing(account) for account in beyond]
    for account in beyond:
        for name in ("change", "password", "history", "delete"):
            expected = 403 if name == "delete" else 404  # no manager deletes any account
            assert as_manager.get(page(account, name)).status_code == expected, (account, name)
            data = {**post(account), **hostile(), "password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "post": "yes"}
            assert as_manager.post(page(account, name), data).status_code == expected, (account, name)
        assert account.username not in text_of(as_manager.get(LIST))
    assert [standing(account) for account in beyond] == before


def test_an_owner_looks_after_owners_and_never_after_superusers(as_owner):
    root, other = User.objects.create_superuser("root"), make_role(OWNER)
    for name in ("change", "password", "history", "delete"):
        assert as_owner.get(page(root, name)).status_code == 404
        assert as_owner.post(page(root, name), {"post": "yes"}).status_code == 404
        assert as_owner.get(page(other, name)).status_code == 200
    as_owner.post(LIST, {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"})
    assert User.objects.filter(pk=root.pk).exists()


@pytest.mark.parametrize(("role", "may"), [(MANAGER, False), (OWNER, True)])
def test_only_owners_name_owners(client, role, may):
    client.force_login(make_role(role))
    editor = make_role(EDITOR)
    response = client.post(page(editor), post(editor, roles=[EDITOR, OWNER]))
    assert response.status_code == (302 if may else 200)
    assert roles_of(editor) == ([EDITOR, OWNER] if may else [EDITOR])
    new = {"username": "new", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "roles": [OWNER]}
    client.post(f"{LIST}add/", new)
    assert User.objects.filter(username="new").exists() is may


@pytest.mark.parametrize("role", [MANAGER, OWNER])
def test_nobody_changes_their_own_roles_clinics_or_whether_they_may_sign_in(client, role):
    user, auburn = make_role(role), make_location(name="Auburn")
    client.force_login(user)
    before = standing(user)
    data = post(user, roles=list(ROLES), clinics=[auburn.pk], is_active=None, first_name="Me", **hostile())
    assert client.post(page(user), data).status_code == 302
    user.refresh_from_db()
    assert user.first_name == "Me"
    assert standing(user) == before
    assert not user.desk_clinics.exists()
    assert "Somebody else changes this for you." in text_of(client.get(page(user)))


def test_fields_that_the_form_does_not_have_change_nothing(as_manager):
    editor = make_role(EDITOR)
    before = standing(editor)
    assert as_manager.post(page(editor), {**post(editor), **hostile()}).status_code == 302
    assert standing(editor) == before
    new = {"username": "new", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    as_manager.post(f"{LIST}add/", {**hostile(), **new})
    made = User.objects.get(username="new")
    assert (made.is_superuser, roles_of(made), made.user_permissions.count()) == (False, [], 0)
    assert "is_superuser" not in as_manager.get(page(editor)).content.decode()


def test_single_permissions_are_nowhere_to_be_given(client):
    client.force_login(User.objects.create_superuser("root"))
    assert client.get("/admin/auth/group/").status_code == 404
    assert "user_permissions" not in client.get(page(make_role(EDITOR))).content.decode()


@pytest.mark.parametrize("number", ["x", "0", "99999999999999999999999", "1%00", "-1"])
def test_an_account_that_is_not_there_is_404(as_manager, number):
    for name in ("change", "password", "history"):
        assert as_manager.get(f"{LIST}{number}/{name}/").status_code in {400, 404}


# A21 ------------------------------------------------------------------------------------------


def test_a21_an_editor_who_may_change_accounts_makes_nobody_more(client):
    """The permission alone, given by hand, opens nothing: rights go by role."""
    editor, root = make_role(EDITOR, username="editor1"), User.objects.create_superuser("root", password=PASSWORD)
    for codename in ("view_user", "add_user", "change_user", "delete_user"):
        editor.user_permissions.add(Permission.objects.get(codename=codename))
    before = standing(editor), standing(root)
    client.force_login(editor)
    for account in (editor, root):
        data = {**post(account, roles=list(ROLES)), **hostile()}
        assert client.post(page(account), data).status_code == 403
        passwords = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
        expected = 403 if account == root else 302  # to where the old password is asked for
        assert client.post(page(account, "password"), passwords).status_code == expected
        assert client.post(page(account, "delete"), {"post": "yes"}).status_code == 403
    assert client.post(f"{LIST}add/", {"username": "x", **passwords, "roles": [OWNER]}).status_code == 403
    assert client.get(LIST).status_code == 403
    assert (standing(editor), standing(root)) == before
    assert User.objects.count() == 2


def test_a21_an_editor_reaches_no_request_by_any_address(client):
    request = make_request()
    client.force_login(make_role(EDITOR, username="editor1"))
    base = "/admin/consults/consultrequest/"
    for path in (base, f"{base}{request.pk}/change/", f"{base}{request.pk}/history/", f"{base}{request.pk}/delete/"):
        assert client.get(path).status_code == 403, path
        assert client.post(path).status_code == 403, path
    autocomplete = "/admin/autocomplete/?app_label=consults&model_name={}&field_name=request&term={}"
    for model in ("activity", "consent", "openedrequest"):
        assert client.get(autocomplete.format(model, request.reference[:2])).status_code == 403
    assert request.spoken_reference not in client.get("/admin/").content.decode()


def test_a21_nobody_makes_themselves_a_reviewer(client):
    """An editor may look at clinicians and link no account; a manager links one, which is noted, and signs nothing."""
    clinician = make_clinician()
    url = f"/admin/locations/clinician/{clinician.pk}/change/"
    for role in (EDITOR, CLINICIAN):
        user = make_role(role)
        client.force_login(user)
        assert client.get(url).status_code == 200
        assert client.post(url, {"name": "Me", "credential": "MD", "user": user.pk}).status_code == 403
    manager = make_role(MANAGER, username="mona")
    client.force_login(manager)
    data = {"name": clinician.name, "credential": "MD", "position": 0, "user": user.pk}
    assert client.post(url, data).status_code == 302
    assert entries() == [("signer-changed", f"clinician:{clinician.pk}", "mona", {"account": f"user:{user.pk}"})]
    assert not manager.has_perm("articles.add_review")
