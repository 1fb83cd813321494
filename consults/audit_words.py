"""What the audit trail calls the things that happen to requests."""

from clinic_site.core.audit_words import name_actions, name_subjects

from .models import Activity

name_subjects(consult="Request", consults="Requests", recipient="Recipient")
# Every outcome has an entry under its own name.
name_actions(**{f"request_{kind}": f"Request: {label.lower()}" for kind, label in Activity.Kind.choices})
name_actions(
    request_received="Request received",
    request_asked_again="Request sent again by the person",
    request_viewed="Looked at a request",
    request_history_viewed="Looked at a request’s history",
    requests_listed="Looked at the list of requests",
    requests_released="Many requests: released from spam",
    requests_confirmed_spam="Many requests: confirmed as spam",
    requests_searched="Searched for requests",
    waiting_viewed="Looked at who waits, on the first screen",
    requests_exported="Exported requests",
    export_ended="Export ended: every row was sent",
    export_broke_off="Export broke off",
    request_expired="Request deleted by the site: its time was up",
    retention_changed="Changed how long requests are kept",
    person_found="Searched for what is kept of a person",
    person_exported="Downloaded what is kept of a person",
    person_erased="Erased what was kept of a person",
    request_given_out="Request given out to its person",
    request_erased="Request erased",
    mail_sent_again="Sent a mail again",
    recipient_added="Added a recipient",
    recipient_changed="Changed a recipient",
    recipient_deleted="Deleted a recipient",
    recipient_code_sent="Sent a code to a recipient",
    recipient_code_wrong="Tried a wrong code for a recipient",
    recipient_confirmed="Confirmed a recipient by its code",
)
