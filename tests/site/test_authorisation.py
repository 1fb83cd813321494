"""Who gets what answer from which address of the admin, walked from the URL resolver.

What is right stands in tests.site.authorisation. The walk fails for an address that has no line there.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from clinic_site.core.models import AuditEntry
from clinic_site.roles import CLINICIAN, FRONT_DESK, MANAGER, OWNER, ROLES
from consults.models import Activity, ConsultRequest
from tests.factories.consults import make_failed_mail, make_front_desk, make_quarantined_request, make_request
from tests.factories.locations import make_location

from .authorisation import ACTIONS, ANONYMOUS, MAIL, MODELS, PAGES, REQUEST, STAFF, Model, Page
from .everything import make_everything, make_staff

pytestmark = pytest.mark.django_db

ADD_A_LINE = "has no expected answer: add one line to tests/site/authorisation.py"
OLD_ROW_ADDRESS = re.compile(r"^\w+/\w+/<path:object_id>/$")  # Django's bookmark from before 1.9
WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|REPLACE)\b.*?\"(\w+)\"", re.IGNORECASE | re.DOTALL)
# No database decides who may do what: PostgreSQL is asked by the owner alone, for whom every page is drawn.
EACH_OF_THE_STAFF = pytest.mark.parametrize(
    "who", [pytest.param(who, marks=() if who == OWNER else pytest.mark.either) for who in STAFF]
)
# A session comes and goes with signing in; an audit entry may say that somebody was refused.
NOT_COUNTED = {"django_session", "core_auditentry"}


def walk(patterns, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every address below `patterns` as its name, empty when it has none, and its route."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from walk(pattern.url_patterns, route)
        else:
            yield pattern.name or "", route


ADDRESSES = list(walk(admin.site.urls[0]))


@pytest.fixture(autouse=True)
def quick(settings, monkeypatch):
    """Thousands of refusals would each be drawn as a page and written to a log that nobody reads.

    How often a page asks the database is looked at elsewhere, and looking at it takes time.
    """
    settings.ROOT_URLCONF = "tests.site.plain_urls"
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("zeal.")]
    monkeypatch.setattr(admin.site, "enable_nav_sidebar", False)
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def auburn():
    return make_location(name="Auburn")


@pytest.fixture
def staff(auburn):
    return make_staff(auburn)


@pytest.fixture
def rows(auburn, staff):
    return make_everything(auburn, signer=staff[CLINICIAN])


def named_pages() -> Iterator[tuple[str, Page]]:
    for name, found in PAGES.items():
        for page in found if isinstance(found, list) else [found]:
            yield name, page


def address(name: str, page: Page, rows: dict) -> str:
    return reverse(f"admin:{name}", args=[rows.get(arg, arg) for arg in page.args])


@contextmanager
def undone(writes: list[str] | None = None) -> Iterator[None]:
    """Take back what happens inside; name in `writes` the tables that were written to, for good or in vain."""

    def watch(execute, sql, params, many, context):
        if writes is not None and (found := WRITES.match(sql)) and found[2] not in NOT_COUNTED:
            writes.append(found[2])
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(watch):
        yield
        transaction.set_rollback(True)


class Browser:
    """Somebody of the staff, signed in anew for each question: no answer depends on the one before."""

    def __init__(self, user=None) -> None:
        self.client = Client(raise_request_exception=False)
        if user:
            self.client.force_login(user)
        self.cookies = self.client.cookies.output()

    def ask(self, method: str, url: str, data: dict | None = None) -> tuple[int, list[str], str]:
        """Return the status, the tables written to, and where the answer leads."""
        writes: list[str] = []
        with undone(writes):
            self.client.cookies.clear()
            self.client.cookies.load(self.cookies.replace("Set-Cookie: ", ""))
            response = getattr(self.client, method.lower())(url, data or {})
        return response.status_code, writes, response.headers.get("Location", "")


# The table and the addresses -------------------------------------------------------------------


def test_every_address_of_the_admin_has_an_expected_answer():
    nameless = [route for name, route in ADDRESSES if not name and not OLD_ROW_ADDRESS.match(route)]
    assert nameless == ["(?P<url>.*)$"], f"An address without a name is never walked: name it. {nameless}"
    unknown = [f"{name} ({route}) {ADD_A_LINE}" for name, route in ADDRESSES if name and name not in PAGES]
    assert unknown == []


def test_no_expectation_is_left_over():
    assert set(PAGES) == {name for name, _ in ADDRESSES if name}
    assert set(MODELS) == {model._meta.label_lower for model in admin.site._registry}
    assert set(ACTIONS) <= set(MODELS)


def test_what_the_admin_keeps_is_open_to_some_role():
    assert [label for label, model in MODELS.items() if not model.look] == []


def test_a_walk_that_sees_no_write_would_be_blind(staff, rows):
    url = reverse("admin:consults_release", args=[rows[REQUEST]])
    status, writes, _ = Browser(staff[MANAGER]).ask("POST", url)
    assert (status, "consults_consultrequest" in writes, "consults_activity" in writes) == (302, True, True)
    assert ConsultRequest.objects.get().spam_state == "quarantined"


# Every address, everybody, every way of asking -------------------------------------------------


@EACH_OF_THE_STAFF
def test_each_role_gets_the_right_answer_everywhere(staff, rows, who):
    browser, wrong = Browser(staff[who]), []
    for name, page in named_pages():
        url = address(name, page, rows)
        # As a popup, a page is drawn for who may see most; whoever is refused must be refused there, too.
        as_popup = [("GET", f"{url}?_popup=1", {})] if who == OWNER or who not in page.work + page.look else []
        for method, asked, data in (("GET", url, {}), *as_popup, ("POST", url, page.data)):
            right = page.statuses(who, method)
            status, writes, _ = browser.ask(method, asked, data)
            if status not in right:
                wrong.append(f"{method} {asked} ({name}): {status} in place of {sorted(right)}")
            if writes and not (who in page.work or who in page.look):
                wrong.append(f"{method} {asked} ({name}): refused, but wrote to {writes}")
    assert wrong == []


def test_a_stranger_is_sent_to_sign_in_everywhere(rows):
    browser, wrong = Browser(), []
    for name, page in named_pages():
        if ANONYMOUS in page.work:
            continue
        url = address(name, page, rows)
        for method in ("GET", "POST"):
            status, writes, location = browser.ask(method, url, page.data)
            leads_to_login = location.startswith("/admin/login/") or (name == "logout" and location == "/admin/")
            if status != 302 or not leads_to_login or writes:
                wrong.append(f"{method} {url} ({name}): {status} {location} {writes}")
    assert wrong == []


@pytest.mark.parametrize("route", [route for name, route in ADDRESSES if not name and OLD_ROW_ADDRESS.match(route)])
def test_old_addresses_of_rows_only_lead_to_the_new_ones(staff, route):
    """Whether the row is there or not: they tell nothing."""
    url = "/admin/" + route.replace("<path:object_id>", "12345")
    for user in (staff[FRONT_DESK], None):
        status, _, location = Browser(user).ask("GET", url)
        assert (status, location.split("?")[0]) == (302, f"{url}change/" if user else "/admin/login/")


def test_an_unknown_address_is_404_for_staff_and_tells_strangers_nothing(staff):
    assert Browser(staff[FRONT_DESK]).ask("GET", "/admin/nothing/here/")[0] == 404
    assert Browser().ask("GET", "/admin/nothing/here/")[0] == 302


# Bulk actions ----------------------------------------------------------------------------------


def expected_actions(label: str, who: str) -> set[str]:
    model: Model = MODELS[label]
    offered = {"delete_selected": model.delete, **ACTIONS.get(label, {})}
    return {name for name, roles in offered.items() if who in roles}


def actions_of(model_admin, user) -> set[str]:
    request = RequestFactory().get("/admin/")
    request.user = user
    return set(model_admin.get_actions(request))


@EACH_OF_THE_STAFF
def test_each_role_is_offered_its_bulk_actions_and_no_other_does_anything(staff, rows, who):
    browser, wrong = Browser(staff[who]), []
    every = {name for label in MODELS for name in {"delete_selected", *ACTIONS.get(label, {})}}
    for model, model_admin in admin.site._registry.items():
        label = model._meta.label_lower
        expected, found = expected_actions(label, who), actions_of(model_admin, staff[who])
        if who in MODELS[label].look and found != expected:
            wrong.append(f"{label}: offered {found} in place of {expected}; see ACTIONS in tests/site/authorisation.py")
        for action in every - expected:
            data = {"action": action, "_selected_action": [rows[label]], "index": "0", "post": "yes"}
            status, writes, _ = browser.ask("POST", reverse(f"admin:{label.replace('.', '_')}_changelist"), data)
            if writes or status not in {200, 302, 403}:
                wrong.append(f"{label} {action}: {status}, wrote to {writes}")
    assert wrong == []


# Autocomplete ----------------------------------------------------------------------------------


def relations() -> list[tuple[str, str, str, str]]:
    """Every field that leads to a model with an admin: app, model, field, and the model it leads to."""
    return [
        (model._meta.app_label, model._meta.model_name, field.name, field.remote_field.model._meta.label_lower)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and getattr(field.remote_field, "model", None) is not None
        if field.remote_field.model in admin.site._registry
    ]


@EACH_OF_THE_STAFF
def test_autocomplete_offers_rows_only_to_who_sees_them(staff, rows, who):
    assert len(relations()) > 20
    browser, wrong = Browser(staff[who]), []
    for app, model, field, target in relations():
        url = f"{reverse('admin:autocomplete')}?app_label={app}&model_name={model}&field_name={field}&term="
        status, _, _ = browser.ask("GET", url)
        # 404: the target has no search, so there is nothing to offer to anybody. Requests are in no such list.
        right = {200, 404} if who in MODELS[target].look and target != REQUEST else {403, 404}
        if status not in right:
            wrong.append(f"{app}.{model}.{field}: {status}")
    assert wrong == []


# Another clinic --------------------------------------------------------------------------------


def pages_about_requests() -> list[tuple[str, Page]]:
    return [(name, page) for name, page in named_pages() if {REQUEST, MAIL} & set(page.args)]


def test_another_clinics_request_is_404_by_every_road(auburn, staff):
    """The same answers as for a request that was never there, to GET and to POST, and nothing is written."""
    rows = make_everything(make_location(name="Birmingham"), signer=staff[CLINICIAN])
    nowhere = {**rows, REQUEST: 987654, MAIL: 987654}
    browser, wrong = Browser(staff[FRONT_DESK]), []
    assert len(pages_about_requests()) > 5
    for name, page in pages_about_requests():
        for method in ("GET", "POST"):
            status, writes, _ = browser.ask(method, address(name, page, rows), page.data)
            unknown, _, _ = browser.ask(method, address(name, page, nowhere), page.data)
            right = {404} | ({405} & {*page.get, *page.post})
            if FRONT_DESK not in page.look + page.work:
                right.add(403)
            if status != unknown or status not in right or writes:
                wrong.append(f"{method} {name}: {status}, {unknown} for one that is not there, wrote to {writes}")
    assert wrong == []


def test_a_request_of_somebody_who_was_not_sure_belongs_to_every_front_desk(auburn, staff):
    rows = make_everything(auburn, signer=staff[CLINICIAN], location=None)
    others = make_front_desk(make_location(name="Birmingham"))
    wrong = []
    for user in (staff[FRONT_DESK], others):
        browser = Browser(user)
        for name, page in pages_about_requests():
            for method in ("GET", "POST"):
                status, _, _ = browser.ask(method, address(name, page, rows), page.data)
                if status not in page.statuses(FRONT_DESK, method):
                    wrong.append(f"{user} {method} {name}: {status}")
    assert wrong == []


@pytest.fixture
def two_clinics(auburn, staff):
    """Requests of both clinics and of nobody's, waiting and set aside, each with a mail in trouble.

    Those that wait have another one, which found no recipient.
    """
    birmingham = make_location(name="Birmingham")
    made = {
        place: [make_request(location=location), make_quarantined_request(location=location)]
        for place, location in (("own", auburn), ("other", birmingham), ("unsure", None))
    }
    for requests in made.values():
        for request in requests:
            make_failed_mail(about=request.subject, subject=f"New request {request.spoken_reference}")
    return made


def test_lists_searches_filters_and_the_first_screen_never_name_another_clinics_request(client, staff, two_clinics):
    client.force_login(staff[FRONT_DESK])
    other = two_clinics["other"]
    base = reverse("admin:consults_consultrequest_changelist")
    filters = client.get(base).context["cl"].get_filters(_request(staff[FRONT_DESK]))[0]
    queries = [choice["query_string"] for spec in filters for choice in spec.choices(client.get(base).context["cl"])]
    queries += [f"?location__id__exact={other[0].location_id}", "?all=", "?o=1.-2", "?p=0", "?is_test__exact=0"]
    queries += [f"?q={text}" for request in other for text in (request.reference, request.reference[:3])]
    queries += [f"?q={other[0].phone_as_typed}", "?q=dana@mail.example", f"?pk__in={other[0].pk},{other[1].pk}"]
    for path in ["/admin/", *(f"{base}{query}" for query in queries)]:
        html = client.get(path, follow=True).content.decode().replace("-", "")
        echoed = path.partition("?q=")[2]
        for request in other:
            assert request.reference not in html or request.reference == echoed, path
            assert f"consultrequest/{request.pk}/" not in html, path
    for typed in (other[0].reference, other[0].phone_as_typed):
        assert client.post(reverse("admin:consults_find"), {"term": typed}).status_code == 200  # not a redirect
    first = client.get("/admin/").content.decode()
    assert two_clinics["own"][0].spoken_reference in first
    assert two_clinics["unsure"][0].spoken_reference in first


def _request(user):
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


def test_the_counts_of_the_first_screen_leave_another_clinic_out(client, staff, two_clinics):
    client.force_login(staff[FRONT_DESK])
    context = client.get("/admin/").context
    assert (context["desk"].waiting.total, context["desk"].quarantined, len(context["mails"])) == (2, 2, 6)
    client.force_login(staff[MANAGER])
    context = client.get("/admin/").context
    assert (context["desk"].waiting.total, context["desk"].quarantined, len(context["mails"])) == (3, 3, 9)


def test_autocomplete_offers_no_request_at_all(client, staff, two_clinics):
    client.force_login(staff[FRONT_DESK])
    to_requests = [relation for relation in relations() if relation[3] == REQUEST]
    assert len(to_requests) >= 3
    for app, model, field, _ in to_requests:
        url = f"{reverse('admin:autocomplete')}?app_label={app}&model_name={model}&field_name={field}&term="
        for requests in two_clinics.values():
            assert client.get(url + requests[0].reference).status_code == 403


def test_bulk_actions_leave_another_clinics_requests_alone(client, staff, two_clinics):
    client.force_login(staff[FRONT_DESK])
    chosen = [request.pk for request in two_clinics["other"]]
    before = list(ConsultRequest.objects.order_by("pk").values())
    noted = Activity.objects.count()
    for action in {"delete_selected", *ACTIONS[REQUEST]}:
        for everything in ("0", "1"):
            data = {"action": action, "_selected_action": chosen, "select_across": everything, "index": "0"}
            if everything == "1":
                data["_selected_action"] = chosen[:1]
                url = reverse("admin:consults_consultrequest_changelist") + f"?pk__in={chosen[0]},{chosen[1]}"
            else:
                url = reverse("admin:consults_consultrequest_changelist")
            client.post(url, data)
    assert list(ConsultRequest.objects.order_by("pk").values()) == before
    assert Activity.objects.count() == noted


@pytest.mark.parametrize("lookup", ["owner__password__startswith", "activities__actor__password__contains"])
def test_filters_cannot_be_bent_to_ask_about_accounts(client, staff, lookup):
    client.force_login(staff[FRONT_DESK])
    url = reverse("admin:consults_consultrequest_changelist")
    assert client.get(url, {lookup: "md5"}).status_code == 400
    client.force_login(staff[MANAGER])
    assert client.get(reverse("admin:auth_user_changelist"), {"password__startswith": "md5"}).status_code == 400


def test_who_looked_at_a_list_of_requests_is_noted(client, staff, two_clinics):
    client.force_login(staff[FRONT_DESK])
    client.get("/admin/")
    entry = AuditEntry.objects.get(action="waiting-viewed")
    shown = {two_clinics["own"][0].reference, two_clinics["unsure"][0].reference}
    assert (entry.actor_name, set(entry.detail["requests"])) == ("front-desk", shown)


# What each role finds on the first screen ------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "links"),
    [
        ("Front desk", {"consults/consultrequest"}),
        ("Editor", {"articles/article", "core/page", "locations/location"}),
        ("Clinician", {"articles/article", "articles/review", "articles/forbiddenword"}),
        ("Manager", {"consults/consultrequest", "consults/recipient", "auth/user", "core/auditentry"}),
        ("Owner", {"consults/consultrequest", "articles/article", "auth/user", "core/auditentry"}),
        ("staff without a role", set()),
    ],
)
def test_the_first_screen_leads_where_a_role_may_go_and_nowhere_else(client, staff, rows, who, links):
    client.force_login(staff[who])
    html = client.get("/admin/").content.decode()
    found = set(re.findall(r'href="/admin/(\w+/\w+)/"', html))
    seen = {label.replace(".", "/") for label, model in MODELS.items() if who in model.look}
    assert links <= found <= seen
    assert 'href="/admin/guide/"' in html


def test_every_role_is_in_the_walk():
    assert set(ROLES) <= set(STAFF)
    with pytest.raises(NoReverseMatch):
        reverse("admin:auth_group_changelist")
