"""Times pages on one database, as `tests.bench.pages` asks: lines of JSON in, milliseconds out."""

import json
import random
import sys
import time
from collections.abc import Callable
from statistics import median

LIST = "/admin/consults/consultrequest/"


def main() -> None:
    import django

    django.setup()
    pages = make_pages(random.Random(9))
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(timed(pages[asked["page"]], asked["times"])), flush=True)


def timed(ask: Callable[[int], object], times: int) -> float:
    """Return the median of so many askings, in milliseconds; the first one does not count."""
    found = []
    for number in range(times + 1):
        started = time.perf_counter()
        answer = ask(number)
        found.append(1000 * (time.perf_counter() - started))
        assert answer.status_code == 200, f"{answer.status_code} for number {number}"
    return median(found[1:])


def make_pages(draw: random.Random) -> dict[str, Callable[[int], object]]:
    """Return what asks for each page; the number makes it another article, word or person each time."""
    from datetime import timedelta

    from django.contrib.auth.models import User
    from django.test import Client
    from django.utils import timezone

    from articles.models import Article
    from consults.models import ConsultRequest
    from locations.models import Location

    from .articles import word
    from .places import FRONT_DESK, MANAGER
    from .requests import phone

    reader, desk, manager = (Client(headers={"host": "127.0.0.1:8000"}) for _ in range(3))
    desk.force_login(User.objects.get(username=FRONT_DESK))
    manager.force_login(User.objects.get(username=MANAGER))
    now = timezone.now()
    slugs = list(Article.objects.published(now).order_by("pk").values_list("slug", flat=True))
    last_page = min(400, -(-len(slugs) // 12))
    last_pk = ConsultRequest.objects.order_by("-pk").values_list("pk", flat=True)[0]
    requests = [draw.randint(1, last_pk) for _ in range(50)]
    months = {"from": f"{now - timedelta(days=365):%Y-%m-%d}", "to": f"{now:%Y-%m-%d}"}
    clinic = Location.objects.order_by("pk").first().slug

    def search(*words: str) -> Callable[[int], object]:
        return lambda n: reader.get("/search/", {"q": words[n % len(words)]})

    def get(client: Client, path: str, **query: str) -> Callable[[int], object]:
        return lambda n: client.get(path, query)

    rare = [word(number) for number in range(8)] if len(slugs) > 10 else ["esketamine"]
    return {
        "article": lambda n: reader.get(f"/articles/{slugs[n * 131 % len(slugs)]}/"),
        "articles, page 1": get(reader, "/articles/"),
        "articles, page 400": get(reader, "/articles/", **({"page": str(last_page)} if last_page > 1 else {})),
        "search: a rare word": search(*rare),
        "search: three words": search(*(f"{one} pulse oxygen" for one in rare)),
        "search: misspelled": search("katemine", "ketamime", "infusoin", "depresion", "anxeity"),
        "search: a word of every article": search("ketamine"),
        "day screen": get(desk, "/admin/"),
        "desk list": get(desk, LIST),
        "desk list, page 20": get(desk, LIST, p=str(min(20, last_pk // 400))),
        "find by phone": lambda n: desk.post(f"{LIST}find/", {"term": phone(n)}, follow=True),
        "page of a request": lambda n: manager.get(f"{LIST}{requests[n % 50]}/change/"),
        "report, 12 weeks": get(manager, f"{LIST}reports/"),
        "report, 12 months": get(manager, f"{LIST}reports/", **months),
        "report, one clinic": get(manager, f"{LIST}reports/", clinic=clinic),
    }


if __name__ == "__main__":
    main()
