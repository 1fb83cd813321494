"""Times the desk among 100,000 requests: `make bench-desk`, or `python -m tests.bench_desk`.

Runs on the database of DATABASE_URL's kind (SQLite without one), in a database of its own that is
dropped at the end. Two years of requests for two clinics: most are finished, 2,000 are open, 5,000 are
set aside. Somebody of the front desk, who sees both clinics, asks for each page. Always the same requests.
"""

import os
import random
import time
from datetime import timedelta

REQUESTS = 100_000
OPEN_OF = 50  # every 50th is open
SPAM_OF = 20
TIMES = int(os.environ.get("TIMES", "40"))
MOST_MS = 300
LIST = "/admin/consults/consultrequest/"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings.test")
    import django
    from django.conf import settings

    # The guard against N+1 queries takes time that no visitor waits for.
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "zeal"]
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("zeal.")]
    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment()
    name = settings.VAR_DIR / "db" / "bench-desk.sqlite3" if connection.vendor == "sqlite" else "bench_desk"
    connection.settings_dict["TEST"]["NAME"] = str(name)
    before = connection.settings_dict["NAME"]
    call_command("collectstatic", verbosity=0, interactive=False)
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        measure(random.Random(4))
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


def measure(draw: random.Random) -> None:
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    from clinic_site.core.models import ClinicIdentity
    from consults.models import ConsultRequest
    from tests.factories.consults import make_front_desk, make_recipient
    from tests.factories.locations import make_location

    now = timezone.now()
    clinics = [make_location(name="Birmingham"), make_location(name="Auburn")]
    ClinicIdentity.objects.create(name="The clinic", answer_within_hours=4)
    make_recipient()
    client, user = Client(), make_front_desk(*clinics)
    client.force_login(user)
    started = time.perf_counter()
    fill(draw, clinics, user, now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"{connection.vendor}: {REQUESTS:,} requests stored in {time.perf_counter() - started:.0f} s")
    auburn = clinics[1].pk
    some = list(ConsultRequest.objects.order_by("pk").values_list("pk", flat=True)[:: REQUESTS // TIMES])
    report("the day's screen", lambda n: client.get("/admin/"))
    report("list", lambda n: client.get(LIST))
    report("list, page 20", lambda n: client.get(LIST, {"p": "20"}))
    report("list, last page", lambda n: client.get(LIST, {"p": "200"}))
    report("filter: waiting", lambda n: client.get(LIST, {"stage__exact": "waiting"}))
    report(
        "filter: Auburn, closed", lambda n: client.get(LIST, {"location__id__exact": auburn, "stage__exact": "closed"})
    )
    report("filter: set aside", lambda n: client.get(LIST, {"spam_state__exact": "quarantined"}))
    report("filter: due today", lambda n: client.get(LIST, {"due": "today"}))
    report("filter: answered today", lambda n: client.get(LIST, {"answered": "today"}))
    report("filter: nobody's", lambda n: client.get(LIST, {"owner": "nobody"}))
    report("find by phone", lambda n: client.post(f"{LIST}find/", {"term": phone(n * 131)}, follow=True))
    report("find by reference", lambda n: client.get(LIST, {"q": reference(n * 131)}))
    report("find by its start", lambda n: client.get(LIST, {"q": reference(n * 131)[:5]}))
    report("page of a request", lambda n: client.get(f"{LIST}{some[n % len(some)]}/change/"))


def reference(number: int) -> str:
    from consults.models.request import REFERENCE_ALPHABET, REFERENCE_LENGTH

    number = number * 7_368_787 % 30**REFERENCE_LENGTH
    digits = []
    for _ in range(REFERENCE_LENGTH):
        number, place = divmod(number, 30)
        digits.append(REFERENCE_ALPHABET[place])
    return "".join(digits)


def phone(number: int) -> str:
    return f"+1-205-{200 + number % 30_000 // 10_000}-{number % 10_000:04}"


def fill(draw: random.Random, clinics: list, user, now) -> None:
    """Store the requests with their activities, in batches."""
    from consults.models import Activity, ConsultRequest

    for start in range(0, REQUESTS, 5000):
        requests = ConsultRequest.objects.bulk_create(
            [one(draw, number, clinics, user, now) for number in range(start, start + 5000)], batch_size=500
        )
        Activity.objects.bulk_create(
            [
                Activity(
                    request=request, kind=kind, at=request.asked_at, note="A short note." if kind == "note" else ""
                )
                for request in requests
                for kind in ("received", "no_answer", "note")
            ],
            batch_size=500,
        )


def one(draw: random.Random, number: int, clinics: list, user, now):
    from consults.models import ConsultRequest
    from consults.models.request import phone_hash

    asked_at = now - timedelta(minutes=draw.randrange(2 * 365 * 24 * 60))
    fields = {"stage": draw.choices(["booked", "closed"], [1, 2])[0], "first_contact_at": asked_at + timedelta(hours=2)}
    fields["finished_at"] = min(now, asked_at + timedelta(days=draw.randrange(9), minutes=5))
    if number % OPEN_OF == 0:
        asked_at = now - timedelta(minutes=draw.randrange(30 * 24 * 60))
        stage = draw.choice(["waiting", "waiting", "in_touch"])
        again = now + timedelta(hours=draw.randint(-30, 200))
        fields = {
            "stage": stage,
            "first_contact_at": asked_at if stage == "in_touch" else None,
            "next_action_at": draw.choice([None, again]),
            "owner": draw.choice([None, user]),
        }
    elif number % SPAM_OF == 1:
        fields = {"stage": "waiting", "spam_state": "quarantined", "spam_reasons": ["trap"]}
    number_typed = f"tel:{phone(number)}"
    return ConsultRequest(
        reference=reference(number),
        asked_at=asked_at,
        last_asked_at=asked_at,
        waiting_since=asked_at,
        location=draw.choice([*clinics, *clinics, None]),
        name="Dana Whitfield",
        phone=number_typed,
        phone_as_typed=number_typed,
        phone_hash=phone_hash(number_typed),
        contact_by="call",
        source="consult",
        fingerprint=f"{number:064}",
        **fields,
    )


def report(what: str, ask) -> None:
    """Print median, 95th percentile and worst time of `ask`, in milliseconds."""
    assert ask(0).status_code == 200, what
    times = []
    for number in range(1, TIMES + 1):
        started = time.perf_counter()
        ask(number)
        times.append(1000 * (time.perf_counter() - started))
    times.sort()
    median, p95 = times[len(times) // 2], times[int(len(times) * 0.95) - 1]
    verdict = "ok" if p95 <= MOST_MS else f"more than {MOST_MS} ms"
    print(f"  {what}: median {median:.0f} ms, p95 {p95:.0f} ms ({verdict}), worst {times[-1]:.0f} ms")


if __name__ == "__main__":
    main()
