"""What each role of the staff may do. `set_up_roles` writes it to the database at every start."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction

ALL = ("view", "add", "change", "delete")
LOOK = ("view",)

CONTENT = {
    "articles.article": ALL,
    "articles.proseblock": ALL,
    "articles.calloutblock": ALL,
    "articles.evidenceblock": ALL,
    "articles.figureblock": ALL,
    "articles.topic": ALL,
    "articles.question": ALL,
    "articles.reference": ALL,
    "articles.review": LOOK,
    "articles.checkedlink": ("view", "change"),
    "articles.forbiddenword": LOOK,
    "articles.writingrules": LOOK,
    "core.page": ALL,
    "core.sitetext": ("view", "change"),
    "core.picture": ALL,
    "core.redirect": ALL,
    "core.missedsearch": ("view", "delete"),
    "locations.location": ("view", "change"),
    "locations.hours": ALL,
    "locations.closure": ALL,
    "locations.locationphoto": ALL,
    "locations.clinician": LOOK,
}
SIGN_OFF = {
    "articles.review": ("view", "add", "change"),
    "articles.forbiddenword": ALL,
    "articles.writingrules": ("view", "add", "change"),
}
DESK = {"consults.consultrequest": ("view", "change")}
MANAGEMENT = {
    **DESK,
    "consults.recipient": ALL,
    "consults.consenttext": ("view", "add"),
    "core.clinicidentity": ("view", "add", "change"),
    "core.outboxmessage": LOOK,
    "core.auditentry": LOOK,
    "core.jobrun": LOOK,
    "locations.location": ("view", "change"),
    "locations.hours": ALL,
    "locations.closure": ALL,
    "locations.clinician": ALL,
    "auth.user": ("view", "add", "change"),
}
OVERSIGHT = [
    "consults.view_every_clinic",
    "consults.export_requests",
    "consults.handle_personal_data",
    "consults.set_retention",
    "consults.view_reports",
]

FRONT_DESK, EDITOR, CLINICIAN, MANAGER, OWNER = "Front desk", "Editor", "Clinician", "Manager", "Owner"
# What each may do in one sentence, for the form of an account.
IN_WORDS = {
    FRONT_DESK: "answers the requests of their own clinics, and of people who were not sure which clinic.",
    EDITOR: "writes and publishes what readers see. Sees no requests.",
    CLINICIAN: "as an editor, and signs reviews once a clinician’s entry names their account.",
    MANAGER: "sees every request; looks after recipients, clinics, staff, exports and how long requests are kept.",
    OWNER: "all of this, and may name other owners and delete accounts.",
}


def _named(*models: dict[str, tuple[str, ...]]) -> set[str]:
    """The permissions that tables of models and actions stand for, as "app.action_model"."""
    return {
        f"{app}.{action}_{model}"
        for table in models
        for label, actions in table.items()
        for app, model in [label.split(".")]
        for action in actions
    }


ROLES: dict[str, set[str]] = {
    FRONT_DESK: _named(DESK),
    EDITOR: _named(CONTENT),
    CLINICIAN: _named(CONTENT, SIGN_OFF),
    MANAGER: _named(MANAGEMENT) | set(OVERSIGHT),
    OWNER: _named(CONTENT, SIGN_OFF, MANAGEMENT, {"auth.user": ALL, "locations.location": ALL}) | set(OVERSIGHT),
}


@transaction.atomic
def set_up_roles() -> None:
    """Make each role's group hold exactly the permissions above, whatever it held before.

    Raises KeyError for a permission that does not exist.
    """
    permissions = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for role, names in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([permissions[name] for name in sorted(names)])
