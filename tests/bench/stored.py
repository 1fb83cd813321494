"""Checks that what was answered was stored: `python -m tests.bench.stored 1234` on the database of the posts."""

import sys

import django


def main(answers: int) -> None:
    django.setup()
    from clinic_site.core.models import AuditEntry
    from consults.models import Consent, ConsultRequest

    requests, clean = ConsultRequest.objects.count(), ConsultRequest.objects.real().count()
    kept = Consent.objects.count() // 3, AuditEntry.objects.filter(action="request-received").count()
    # Those that wrk no longer waited for at the end of a round are stored, too.
    if not answers <= requests == clean == kept[0] == kept[1]:
        sys.exit(
            f"{answers} were answered; stored are {requests} requests, {clean} of them clean, {kept} what hangs on them"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]))
