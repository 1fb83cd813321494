"""Times the reports over 100,000 requests: `make bench-reports`, or `python -m tests.bench_reports`.

Runs on the database of DATABASE_URL's kind (SQLite without one), in a database of its own that is
dropped at the end. The requests spread over three years, more of them by day than by night, each with
what was done about it. REQUESTS=1000000 makes ten times as many in the same time.
"""

import os
import random
import time
from datetime import UTC, date, datetime, timedelta

REQUESTS = int(os.environ.get("REQUESTS", "100000"))
DAYS = 3 * 365
# Each is asked so often and its best time counts: what else the machine does is not the reports'.
TIMES = int(os.environ.get("TIMES", "5"))
MOST_MS = 300
BATCH = 20_000


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_site.settings.test")
    import django
    from django.conf import settings

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment()
    call_command("collectstatic", interactive=False, verbosity=0)
    name = settings.VAR_DIR / "db" / "bench-reports.sqlite3" if connection.vendor == "sqlite" else "bench_reports"
    connection.settings_dict["TEST"]["NAME"] = str(name)
    before = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        now = datetime.now(UTC)
        fill(random.Random(7), now=now)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        print(f"{connection.vendor}: {REQUESTS:,} requests in {DAYS} days")
        measure(now=now)
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


def fill(draw: random.Random, *, now: datetime) -> None:
    """Store clinics, one request by the one door there is, and its copies with times and ends of their own."""
    from django.db import connection, transaction

    from consults.models import Activity, ConsultRequest, SourceCount
    from tests.factories.consults import make_request
    from tests.factories.locations import make_location

    places = [make_location(name=name).pk for name in ("Birmingham", "Auburn")] + [None]
    first = make_request(now=now - timedelta(days=DAYS))
    own = [
        "reference", "fingerprint", "asked_at", "last_asked_at", "waiting_since", "location_id", "source", "stage",
        "spam_state", "first_contact_at", "answered_minutes", "finished_at",
    ]  # fmt: skip
    columns = [field.column for field in ConsultRequest._meta.concrete_fields if field.column != "id"]
    shared = [column for column in columns if column not in own]
    copy = (
        f"INSERT INTO consults_consultrequest ({', '.join(own + shared)})"
        f" SELECT {', '.join(['%s'] * len(own))}, {', '.join(shared)}"
        f" FROM consults_consultrequest WHERE id = {first.pk}"
    )
    moments = sorted(_moment(draw, now) for _ in range(REQUESTS))
    ends = {}
    for start in range(0, REQUESTS, BATCH):
        rows = []
        for number, asked_at in enumerate(moments[start : start + BATCH], start):
            row, end = _row(draw, number, asked_at, places)
            rows.append([row[name] for name in own])
            ends[row["reference"]] = (end, row["finished_at"] or row["first_contact_at"])
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(copy, [[_plain(value) for value in row] for row in rows])
    activities = []
    for pk, reference, asked_at in ConsultRequest.objects.order_by("pk").values_list("pk", "reference", "asked_at"):
        end, at = ends.get(reference, (None, None))
        activities.append(Activity(request_id=pk, kind="received", at=asked_at))
        if at:
            activities.append(Activity(request_id=pk, kind="left_message", at=at))
            activities.append(Activity(request_id=pk, kind=end or "reached", at=at))
    Activity.objects.bulk_create(activities, batch_size=BATCH)
    SourceCount.objects.bulk_create(
        SourceCount(day=now.date() - timedelta(days=day), path=f"/articles/{number}/", requests=draw.randint(1, 3))
        for day in range(DAYS)
        for number in range(30)
    )


def _plain(value):
    """A value as the database's driver takes it."""
    from django.db import connection

    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _moment(draw: random.Random, now: datetime) -> datetime:
    day = now - timedelta(days=draw.uniform(0, DAYS))
    return day.replace(hour=int(draw.triangular(0, 24, 19)) % 24) if draw.random() < 0.8 else day


def _row(draw: random.Random, number: int, asked_at: datetime, places: list) -> tuple[dict, str | None]:
    stage = draw.choices(["waiting", "in_touch", "booked", "closed"], [3, 12, 45, 40])[0]
    end = {"booked": "booked", "closed": draw.choice(["not_a_fit", "wrong_number", "duplicate"])}.get(stage)
    contacted = stage in ("in_touch", "booked") or end == "not_a_fit"
    minutes = int(draw.lognormvariate(4, 1.2)) if contacted else None
    at = asked_at + timedelta(minutes=minutes or 60)
    return {
        "reference": f"B{number:07}",
        "fingerprint": f"bench-{number}",
        "asked_at": asked_at,
        "last_asked_at": asked_at,
        "waiting_since": asked_at,
        "location_id": draw.choices(places, [5, 3, 2])[0],
        "source": draw.choices(["home", "article", "location", "consult"], [2, 4, 2, 3])[0],
        "stage": stage,
        "spam_state": draw.choices(["clean", "quarantined", "confirmed", "released"], [94, 2, 3, 1])[0],
        "first_contact_at": at if contacted else None,
        "answered_minutes": minutes,
        "finished_at": at if end else None,
    }, end


def measure(*, now: datetime) -> None:
    from django.contrib.auth.models import User
    from django.test import Client
    from django.urls import reverse

    from consults import reports
    from consults.models import ConsultRequest
    from consults.periods import last_months, last_weeks

    client = Client(raise_request_exception=True)
    client.force_login(User.objects.create_superuser("bench"))
    page = reverse("admin:consults_reports")
    client.get(page)
    requests = ConsultRequest.objects.all()
    for name, period in {
        "12 weeks": last_weeks(now=now),
        "12 months": last_months(months=12, now=now),
        "3 years": last_months(months=36, now=now),
    }.items():
        report(f"page, {name}", lambda period=period: client.get(page, dates(period.first, period.last)))
        for count in (
            reports.contact_times, reports.outcomes, reports.hours_of_week, reports.sources, reports.set_aside,
        ):  # fmt: skip
            report(f"  {count.__name__}", lambda count=count, period=period: count(requests, period=period))
        report("  article_months", lambda period=period: reports.article_months(period=period, now=now))


def dates(first: date, last: date) -> dict:
    return {"from": first.isoformat(), "to": last.isoformat()}


def report(what: str, ask) -> None:
    """Print the best and the worst time of `ask`, in milliseconds."""
    times = []
    for _ in range(TIMES):
        started = time.perf_counter()
        ask()
        times.append(1000 * (time.perf_counter() - started))
    verdict = "" if what.startswith(" ") else " (ok)" if min(times) < MOST_MS else f" (more than {MOST_MS} ms)"
    print(f"  {what}: best {min(times):.0f} ms, worst {max(times):.0f} ms{verdict}", flush=True)


if __name__ == "__main__":
    main()
