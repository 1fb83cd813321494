"""The form over HTTP: what browsers, phones, proxies and scanners really send."""

import io
import logging
import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic_site.core.content_stamp import read_stamp
from clinic_site.core.models import AuditEntry, ClinicIdentity, OutboxMessage
from clinic_site.core.site_wide import STAMP
from consults import intake, views
from consults.models import ConsentText, ConsultRequest, Recipient
from consults.outreach import ways_to_reach
from consults.pipeline import release
from locations.models import Location
from tests.factories.consults import make_consent_text, make_recipient
from tests.factories.posts import make_post

pytestmark = pytest.mark.django_db
CONSULT = "/consult/"


@pytest.fixture(autouse=True)
def _clinics(content):
    make_recipient("desk@clinic.example")


def post(client=None, *, path=CONSULT, **changes):
    headers = changes.pop("headers", None)
    return (client or Client()).post(path, make_post(**changes), headers=headers)


def assert_is_taken(response, *, requests=1) -> ConsultRequest:
    """Assert that the request is stored and thanked for, with nothing personal in the answer."""
    assert response.status_code == 303
    assert ConsultRequest.objects.count() == requests
    request = ConsultRequest.objects.latest("pk")
    assert response.headers["Location"] == reverse("consults:thanks", args=[request.reference])
    assert "no-store" in response.headers["Cache-Control"]
    assert not response.cookies
    return request


def assert_is_refused(response, *words) -> None:
    """Assert that the form comes back with words beside the field, and that nothing was stored."""
    assert response.status_code == 422
    assert "no-store" in response.headers["Cache-Control"]
    page = response.content.decode()
    assert re.search(r"<title>\s*Error: ", page)
    for word in words:
        assert page.count(word) >= 2, word  # in the summary and beside the field
    assert not ConsultRequest.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_a_good_request_is_stored_once_and_told_once():
    request = assert_is_taken(post())
    assert request.location.slug == "birmingham"
    assert (request.name, request.email) == ("Dana Whitfield", "dana@mail.example")
    assert (request.phone, request.phone_as_typed) == ("tel:+1-205-555-0142", "205-555-0142")
    assert OutboxMessage.objects.count() == 1
    assert AuditEntry.objects.count() == 1


def test_whom_to_tell_is_asked_again_after_each_change():
    """Behind the page cache it is read once for each stamp, and each clinic has its own."""

    def told(**changes) -> set[str]:
        OutboxMessage.objects.all().delete()
        assert post(Client(**{STAMP: read_stamp()}), **changes).status_code == 303
        return {mail.to_address for mail in OutboxMessage.objects.all()}

    assert told(name="Ada First") == {"desk@clinic.example"}
    make_recipient("auburn@clinic.example", location=Location.objects.get(slug="auburn"))
    assert told(name="Ada Second", location="auburn") == {"desk@clinic.example", "auburn@clinic.example"}
    assert told(name="Ada Third") == {"desk@clinic.example"}
    assert told(name="Ada Fourth", location="unsure") == {"desk@clinic.example", "auburn@clinic.example"}
    Recipient.objects.filter(email="desk@clinic.example").update(is_active=False)
    assert told(name="Ada Fifth", location="auburn") == {"auburn@clinic.example"}


@pytest.mark.parametrize("backend_fault", ["refused connection", "refused recipient"])
def test_a01_a_broken_mail_server_is_no_concern_of_the_visitor(backend_fault, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert_is_taken(post())
    assert OutboxMessage.objects.get().state == "queued"


def test_a02_twice_and_a_refreshed_thank_you_are_one_request():
    client = Client()
    first, second = post(client), post(client)
    assert first.headers["Location"] == second.headers["Location"]
    assert_is_taken(second)
    for _ in range(2):
        assert client.get(second.headers["Location"]).status_code == 200
    assert OutboxMessage.objects.count() == 1


@pytest.mark.parametrize("origin", ["null", "http://clinic.example", "https://clinic.example", None])
def test_a03_whatever_origin_a_browser_sends_the_request_is_taken(origin):
    request = assert_is_taken(post(headers={"Origin": origin} if origin else {}))
    assert request.spam_state == "clean"


def test_a03_pages_with_a_form_send_their_origin(client):
    for path in (CONSULT, "/locations/birmingham/"):
        response = client.get(path)
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert b'name="referrer"' not in response.content


def test_a04_pages_with_a_form_hold_no_token_and_can_be_kept(client):
    first, second = client.get(CONSULT), Client().get(CONSULT)
    assert first.content == second.content
    assert b"csrfmiddlewaretoken" not in first.content
    assert "public" in first.headers["Cache-Control"]
    assert "Cookie" not in first.headers.get("Vary", "")
    assert not first.cookies
    strict = Client(enforce_csrf_checks=True)
    assert_is_taken(post(strict))


def test_a05_behind_a_declared_proxy_the_request_is_secure_and_taken(settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SITE_IS_SECURE, settings.SITE_URL = True, "https://clinic.example"
    headers = {"X-Forwarded-Proto": "https", "Origin": "https://clinic.example", "Host": "clinic.example"}
    assert assert_is_taken(post(Client(enforce_csrf_checks=True), headers=headers)).spam_state == "clean"


def test_a05_an_undeclared_proxy_header_is_ignored(settings):
    settings.SITE_IS_SECURE, settings.SITE_URL = True, "https://clinic.example"
    response = post(headers={"X-Forwarded-Proto": "https", "Host": "clinic.example"})
    assert response.status_code == 308
    assert response.headers["Location"] == "https://clinic.example/consult/"
    assert Client().get(CONSULT).status_code == 301


@pytest.mark.parametrize("separator", ["\r\n", "\x0b", "\x85", "\u2028"])
def test_a06_a_line_break_in_the_name_goes_no_further(separator):
    request = assert_is_taken(post(name=f"Dana{separator}Bcc: all@evil.example", email=""))
    assert request.name == "Dana Bcc: all@evil.example"
    assert request.spam_state == "quarantined"  # a name that holds a domain is looked at first
    release(request=request, actor=None, now=timezone.now())
    mail = OutboxMessage.objects.get()
    assert mail.to_address == "desk@clinic.example"
    assert "\n" not in mail.subject
    assert len(mail.subject) <= 150
    assert "evil" not in mail.subject + mail.body
    assert_is_taken(post(name="Robin Vale"), requests=2)
    assert OutboxMessage.objects.count() == 2


@pytest.mark.parametrize("value", ["35216", "Acme Inc", "dana@mail.example"])
def test_a07_a_filled_trap_is_thanked_for_and_set_aside(value):
    request = assert_is_taken(post(leave_blank=value))
    assert request.spam_state == "quarantined"
    assert not OutboxMessage.objects.exists()


def test_a07_the_trap_is_out_of_every_reader_s_way(client):
    page = client.get(CONSULT).content.decode()
    trap = re.search(r'<div class="hp"[^>]*>.*?</div>', page, re.DOTALL)[0]
    assert 'aria-hidden="true"' in trap
    assert 'tabindex="-1"' in trap
    assert "autocomplete=" in trap
    name = re.search(r'name="([^"]+)"', trap)[1]
    assert not re.search(r"zip|company|url|website|e?mail|phone|fax|name", name)
    assert "style=" not in trap


def test_a08_a_clinic_that_is_gone_since_is_refused_with_words():
    Location.objects.filter(slug="birmingham").update(is_active=False)
    assert_is_refused(post(), "Select where you would like to be seen")


def test_a08_without_any_recipient_the_request_is_stored():
    Recipient.objects.all().delete()
    assert_is_taken(post())
    assert OutboxMessage.objects.get().last_error == "no recipients"


@pytest.fixture
def console():
    """What the running site writes to its console."""
    (handler,) = [handler for handler in logging.getLogger().handlers if handler.name == "console"]
    written = io.StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


def test_a12_a_fault_while_storing_leaves_no_personal_word_anywhere(monkeypatch, console, mailoutbox):
    typed = {"name": "Zelda Quarrington", "phone": "205-555-0177", "email": "zelda@mail.example"}

    def fail(*args, **kwargs):
        raise ValueError(f"could not store {typed}")

    monkeypatch.setattr(intake.ConsultRequest.objects, "create", fail)
    response = post(Client(raise_request_exception=False), **typed)
    assert response.status_code == 500
    page = response.content.decode()
    reference = re.search(r"<strong>([0-9a-f]{8})</strong>", page)[1]
    assert "(205) 557-2253" in page
    assert "988" in page
    assert reference in console.getvalue()
    assert "ValueError" in console.getvalue()
    for value in ("Zelda", "Quarrington", "555-0177", "5550177", "zelda@"):
        assert value not in page + console.getvalue()
    assert not mailoutbox


@pytest.mark.parametrize("part", ["form", "intake"])
@pytest.mark.parametrize("error", [OperationalError, InterfaceError, IntegrityError, ProgrammingError, DatabaseError])
def test_when_the_database_cannot_take_it_everything_typed_comes_back(monkeypatch, part, error):
    def fail(*args, **kwargs):
        raise error("database is locked")

    monkeypatch.setattr(views, "ConsultForm" if part == "form" else "receive_consult", fail)
    response = post(name="Dana <Whitfield>", may_name_clinic="on", may_text="on", contact_by="text", took="40000")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert "no-store" in response.headers["Cache-Control"]
    page = response.content.decode()
    for value in ("Dana &lt;Whitfield&gt;", "205-555-0142", "dana@mail.example", "birmingham", "(205) 557-2253"):
        assert value in page
    names = set(re.findall(r'name="(\w+)"', page))
    assert {
        "location",
        "name",
        "phone",
        "contact_by",
        "email",
        "may_name_clinic",
        "may_text",
        "source",
        "took",
    } <= names
    assert f'action="{CONSULT}"' in page


@pytest.mark.parametrize("path", ["/consult", "/consult/"])
def test_a17_without_the_slash_the_request_is_taken_too(path):
    assert_is_taken(post(path=path))


@pytest.mark.parametrize("path", ["/Consult/", "/consults/", "/consult//"])
def test_a17_other_addresses_say_so_and_never_lead_to_an_empty_form(path):
    response = post(path=path)
    assert response.status_code == 404
    assert "(205) 557-2253" in response.content.decode()


def test_a17_every_form_goes_straight_to_its_address(client):
    for path in (CONSULT, "/locations/auburn/", "/locations/birmingham/"):
        for action in re.findall(r'<form[^>]*action="([^"]+)"', client.get(path).content.decode()):
            assert client.get(action).status_code == 200


@pytest.mark.parametrize("path", [CONSULT, "/locations/auburn/", "/articles/what-to-expect-at-a-ketamine-infusion/"])
def test_the_crisis_lines_stand_before_the_first_question(client, path):
    page = client.get(path).content.decode()
    before, _, _ = page[page.index("<main") :].partition("Where would you like to be seen?")
    for link in ("tel:988", "sms:988", "tel:911"):
        assert f'href="{link}"' in before
    assert "watched around the clock" in before


def test_a22_what_was_typed_is_never_kept_by_a_cache():
    refused = post(email="nonsense")
    assert "no-store" in refused.headers["Cache-Control"]
    taken = post()
    thanks = Client().get(taken.headers["Location"])
    assert thanks.status_code == 200
    assert "no-store" in thanks.headers["Cache-Control"]
    page = thanks.content.decode()
    for value in ("Dana", "Whitfield", "555-0142", "5550142", "mail.example"):
        assert value not in page + taken.headers["Location"]
    assert not thanks.cookies
    assert 'content="noindex"' in page


@pytest.mark.parametrize("path", ["/consult/thanks/x.css", "/consult/thanks/ABCDEFGH/", "/consult/thanks/abcdefgh/"])
def test_a22_addresses_that_are_not_ours_are_not_found(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Enter your name"),
        ({"name": "\u200b"}, "Enter your name"),
        ({"name": "x" * 101}, "100 characters or fewer"),
        ({"name": "A\x00nn"}, "Remove the unreadable characters"),
        ({"location": None}, "Select where you would like to be seen"),
        ({"location": "mobile"}, "Select where you would like to be seen"),
        ({"phone": "", "email": ""}, "Enter a phone number with an area code"),
        ({"phone": "557-22", "email": ""}, "Enter a phone number with an area code"),
        ({"phone": "n/a", "email": ""}, "Enter a phone number with an area code"),
        ({"phone": "1" * 300, "email": ""}, "Enter a phone number with an area code"),
        ({"phone": "1" * 300}, "Enter a phone number with an area code"),
        ({"contact_by": "email", "email": ""}, "Enter your email address"),
        ({"contact_by": "pigeon"}, "Select how we should reach you"),
        ({"contact_by": None}, "Select how we should reach you"),
        ({"email": "dana@mail"}, "needs a dot"),
        ({"email": "a@b.example,c@d.example"}, "one email address only"),
        ({"best_time": "never"}, "Select one of the times in the list"),
    ],
)
def test_bad_input_is_refused_beside_its_field_and_kept(changes, words):
    assert_is_refused(post(**changes), words)


def test_what_was_typed_stands_in_the_form_again():
    page = post(phone="557-22", email="", name='Jordan "Jo" Avery', best_time="morning").content.decode()
    for value in ('value="557-22"', 'value="Jordan &quot;Jo&quot; Avery"'):
        assert value in page
    assert re.search(r'<option value="morning"\s+selected', page)
    assert re.search(r'value="birmingham"[^>]*checked', page)


def test_a41_words_in_the_phone_field_are_kept_when_there_is_an_address():
    request = assert_is_taken(post(phone="call after 5"))
    assert (request.phone, request.phone_as_typed) == ("", "call after 5")


def test_a40_a_phone_alone_is_enough():
    assert_is_taken(post(email=""))


def test_unsure_is_a_good_answer():
    assert assert_is_taken(post(location="unsure")).location is None


@pytest.mark.parametrize(
    "raw",
    [
        {"source": "/bipolar/", "page": "javascript:alert(1)", "consents": "x,1,99999999999999,-1,١"},
        {"source": "x" * 5000, "page": "/" + "y" * 5000, "consents": "1," * 3000},
        {"source": "\x00", "page": "\x00", "consents": "\x00"},
    ],
)
def test_tampered_hidden_fields_do_no_harm(raw):
    assert assert_is_taken(post(**raw)).source == "consult"


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused(client, method):
    assert getattr(client, method)(CONSULT).status_code == 405


def test_a11_two_addresses_and_advertisements():
    assert_is_refused(post(email="a@x.example,b@y.example"), "one email address only")
    request = assert_is_taken(post(name="Claim your prize http://evil.example/x", contact_by="email"))
    assert request.spam_state == "quarantined"
    assert not OutboxMessage.objects.exists()


def test_the_note_appears_only_when_the_owner_asks_for_it(client):
    assert b'name="note"' not in client.get(CONSULT).content
    assert assert_is_taken(post(note="typed by a robot")).note == ""
    ClinicIdentity.objects.update(ask_for_note=True)
    assert b"Please do not share medical details" in client.get(CONSULT).content
    assert assert_is_taken(post(note="Parking?\r\nThanks", name="Robin Vale"), requests=2).note == "Parking?\nThanks"


BREAKS = "\r\n" * 20


@pytest.fixture
def note_asked(_clinics):
    ClinicIdentity.objects.update(ask_for_note=True)


@pytest.mark.usefixtures("note_asked")
@pytest.mark.parametrize(
    ("note", "stored"),
    [
        ("x" * 240 + BREAKS + "y" * 240, "x" * 240 + "\n" * 20 + "y" * 240),  # 500 for a browser, 520 as sent
        ("x" * 240 + "\r" * 20 + "y" * 240, "x" * 240 + "\n" * 20 + "y" * 240),
        ("🙂" * 250, "🙂" * 250),  # 500 for a browser
        ("🙂" * 500, "🙂" * 500),
    ],
)
def test_a42_a_note_the_browser_lets_through_fits(note, stored):
    assert assert_is_taken(post(note=note)).note == stored


@pytest.mark.usefixtures("note_asked")
@pytest.mark.parametrize("note", ["x" * 241 + BREAKS + "y" * 240, "🙂" * 501])
def test_a42_one_more_is_refused_beside_the_field_with_the_whole_text_kept(client, note):
    assert 'maxlength="500"' in client.get(CONSULT).content.decode()
    response = post(note=note)
    assert_is_refused(response, "Your note must be 500 characters or fewer")
    kept = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", response.content.decode(), re.DOTALL)[1]
    assert kept.replace("\r\n", "\n").strip() == note.replace("\r\n", "\n")


# Text messages ------------------------------------------------------------------------------------


def consents(request) -> dict[str, tuple]:
    return {consent.text.purpose: (consent.box, consent.is_given) for consent in request.consents.all()}


def test_the_box_for_texts_is_one_of_its_own_and_unticked(client):
    page = client.get(CONSULT).content.decode()
    box = re.search(r'<input type="checkbox" name="may_text"[^>]*>', page)[0]
    assert "checked" not in box
    wording = ConsentText.current("text").body
    assert f"{wording}<small" in page
    assert "text" not in ConsentText.current("contact").body
    assert page.index('name="contact_by"') < page.index(box) < page.index('name="email"')


def test_who_chooses_text_and_ticks_the_box_may_be_texted():
    request = assert_is_taken(post(contact_by="text", may_text="on"))
    assert consents(request) == {
        "contact": ("", True),
        "voicemail": ("may_name_clinic", False),
        "text": ("may_text", True),
    }
    assert [way.verb for way in ways_to_reach(request)] == ["Text", "Call", "Write to"]


def test_text_without_its_box_is_refused_with_the_other_ways_and_nothing_lost():
    response = post(contact_by="text", best_time="morning")
    assert_is_refused(response, "Tick this box if we may text you. If not, choose a phone call or email")
    page = response.content.decode()
    assert re.search(r'value="text"[^>]*checked', page)
    assert re.search(r'<option value="morning"\s+selected', page)
    assert 'href="#id_may_text"' in page
    assert 'aria-invalid="true"' in re.search(r'<input[^>]*name="may_text"[^>]*>', page)[0]


@pytest.mark.parametrize("contact_by", ["call", "email"])
def test_ticked_beside_another_way_the_box_is_on_record_and_not_used(contact_by):
    request = assert_is_taken(post(contact_by=contact_by, may_text="on"))
    assert consents(request)["text"] == ("may_text", False)
    assert "Text" not in [way.verb for way in ways_to_reach(request)]
    # Ticked or not, it is the same request.
    assert post(contact_by=contact_by).headers["Location"].endswith(f"{request.reference}/")


def test_the_words_a_form_showed_are_kept_when_newer_ones_came_meanwhile(client):
    shown = ConsentText.current("text")
    ids = re.search(r'name="consents" value="([\d,]+)"', client.get(CONSULT).content.decode())[1]
    make_consent_text("text", "Newer words.", created_at=timezone.now())
    request = assert_is_taken(post(contact_by="text", may_text="on", consents=ids))
    assert request.consents.get(text__purpose="text").text == shown


def test_without_a_wording_nobody_can_agree_to_texts_so_none_are_offered(client):
    ConsentText.objects.filter(purpose="text").delete()
    page = client.get(CONSULT).content.decode()
    assert 'name="may_text"' not in page
    assert 'value="text"' not in page
    assert_is_refused(post(contact_by="text", may_text="on"), "Select how we should reach you")
    assert_is_taken(post())


# How long it took ---------------------------------------------------------------------------------


def test_a_form_sent_at_once_bears_one_weak_sign_and_is_taken():
    request = assert_is_taken(post(took="900"))
    assert (request.spam_state, request.spam_reasons) == ("clean", ["fast"])


def test_the_time_of_every_try_is_kept_for_the_next():
    page = post(took="41000", name="").content.decode()
    assert re.search(r'name="took" value="41000"', page)


@pytest.mark.parametrize("took", ["x", "\x00", "-1", "9" * 5000, "NaN"])
def test_a_time_that_cannot_be_read_means_nothing(took):
    assert assert_is_taken(post(took=took)).spam_reasons == []


def test_ten_requests_in_ten_minutes_from_one_address_pass():
    for number in range(10):
        request = assert_is_taken(post(name=f"Person {number}", took="20000"), requests=number + 1)
        assert (request.spam_state, request.spam_reasons) == ("clean", [])


def test_a02_the_same_a_quarter_of_an_hour_later_is_told_as_asked_again():
    assert_is_taken(post())
    earlier = timezone.now() - timedelta(minutes=16)
    ConsultRequest.objects.update(asked_at=earlier, last_asked_at=earlier)
    assert_is_taken(post())
    assert OutboxMessage.objects.filter(subject__startswith="Asked again").count() == 1


@pytest.fixture
def asks_for_a_note():
    ClinicIdentity.objects.update(ask_for_note=True)


def of_units(count: int, *, breaks: int = 0) -> str:
    """A text that a browser counts as `count` characters, with as many line breaks, sent as browsers send them."""
    return ("\r\n" * breaks) + "x" * (count - breaks)


@pytest.mark.usefixtures("asks_for_a_note")
def test_a42_a_line_break_counts_as_one_character_as_browsers_count_it():
    assert_is_taken(post(note="a" + of_units(498, breaks=20) + "b"))
    assert ConsultRequest.objects.get().note == "a" + "\n" * 20 + "x" * 478 + "b"


@pytest.mark.usefixtures("asks_for_a_note")
def test_a42_the_server_is_never_stricter_than_the_browser():
    assert_is_taken(post(note="😀" * 250))  # 500 to a browser, whose characters of this kind count as two
    response = post(note="y" + of_units(499, breaks=20) + "z")
    assert response.status_code == 422
    assert "Your note must be 500 characters or fewer" in response.content.decode()
    assert "x" * 479 + "z" in response.content.decode()
    assert ConsultRequest.objects.count() == 1
