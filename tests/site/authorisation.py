"""What every address of the admin answers, and to whom. An address without its line here fails the suite.

For a model that gets an admin, add one line to MODELS. For a page of its own, add one line to PAGES:
its URL name (without "admin:"), who may look (GET), who may work (GET and POST), and the rows of
`tests.site.everything` whose ids its address takes. For a bulk action, add it to ACTIONS.
"""

from dataclasses import dataclass, field

from clinic_site.roles import CLINICIAN, EDITOR, FRONT_DESK, MANAGER, OWNER, ROLES
from clinic_site.signin import urls as sign_in_urls

NO_ROLE, ANONYMOUS = "staff without a role", "anonymous"
ROLE_NAMES = list(ROLES)
STAFF = [*ROLE_NAMES, NO_ROLE]

NOBODY: list[str] = []
WRITERS = [EDITOR, CLINICIAN, OWNER]
SIGNERS = [CLINICIAN, OWNER]
DESK = [FRONT_DESK, MANAGER, OWNER]
HEADS = [MANAGER, OWNER]
OWNERS = [OWNER]
CLINIC_KEEPERS = [EDITOR, CLINICIAN, MANAGER, OWNER]

REQUEST, MAIL, ARTICLE, ACCOUNT = "consults.consultrequest", "mail", "articles.article", "auth.user"


@dataclass(frozen=True, kw_only=True)
class Page:
    """One address. Who may not gets 403, or what `refused` says; a stranger is sent to sign in.

    `get` and `post` are what those who may get: 405 where a method is none of this page's. 422 is for
    what cannot be read, 409 for a step that came too late.
    """

    args: tuple[str, ...] = ()
    look: list[str] = field(default_factory=list)
    work: list[str] = field(default_factory=list)
    get: tuple[int, ...] = (200,)
    post: tuple[int, ...] = (200, 302, 409, 422)
    data: dict = field(default_factory=dict)
    refused: int = 403

    def statuses(self, who: str, method: str) -> set[int]:
        """The answers that are right for `who`."""
        right = set(self.get if method == "GET" else self.post)
        may = who in self.work or (who in self.look and (method == "GET" or right == {405}))
        return right if may else {self.refused} | (right & {405})


@dataclass(frozen=True, kw_only=True)
class Model:
    """The pages that Django's admin makes for one model: who sees rows, and who adds, changes and deletes them."""

    look: list[str]
    add: list[str] = field(default_factory=list)
    change: list[str] = field(default_factory=list)
    delete: list[str] = field(default_factory=list)

    def pages(self, label: str) -> dict[str, Page]:
        name = label.replace(".", "_")
        row = (label,)
        return {
            f"{name}_changelist": Page(work=self.look),
            f"{name}_add": Page(work=self.add),
            f"{name}_change": Page(args=row, look=self.look, work=self.change),
            f"{name}_delete": Page(args=row, work=self.delete),
            f"{name}_history": Page(args=row, work=self.look),
        }


def kept_by(roles: list[str]) -> Model:
    """A model whose rows these roles see, add, change and delete."""
    return Model(look=roles, add=roles, change=roles, delete=roles)


# A step with a request. A GET leads to the request's page; 409 and 422 are said in words on it.
STEP = {"get": (302,), "post": (302, 409, 422)}

MODELS = {
    "articles.article": kept_by(WRITERS),
    "articles.topic": kept_by(WRITERS),
    "articles.question": kept_by(WRITERS),
    "articles.reference": kept_by(WRITERS),
    "articles.review": Model(look=WRITERS),
    "articles.checkedlink": Model(look=WRITERS),
    "articles.forbiddenword": Model(look=WRITERS, add=SIGNERS, change=SIGNERS, delete=SIGNERS),
    "articles.writingrules": Model(look=WRITERS, change=SIGNERS),
    "auth.user": Model(look=HEADS, add=HEADS, change=HEADS, delete=OWNERS),
    "consults.consenttext": Model(look=HEADS, add=HEADS),
    "consults.consultrequest": Model(look=DESK),
    "consults.recipient": kept_by(HEADS),
    "core.auditentry": Model(look=HEADS),
    "core.clinicidentity": Model(look=HEADS, change=HEADS),
    "core.jobrun": Model(look=HEADS),
    "core.missedsearch": Model(look=WRITERS, delete=WRITERS),
    "core.outboxmessage": Model(look=HEADS),
    "core.page": kept_by(WRITERS),
    "core.picture": kept_by(WRITERS),
    "core.redirect": kept_by(WRITERS),
    "core.sitetext": Model(look=WRITERS, change=WRITERS),
    "locations.clinician": Model(look=CLINIC_KEEPERS, add=HEADS, change=HEADS, delete=HEADS),
    "locations.closure": kept_by(CLINIC_KEEPERS),
    "locations.location": Model(look=CLINIC_KEEPERS, add=OWNERS, change=CLINIC_KEEPERS),
}

PAGES: dict[str, Page | list[Page]] = {
    **{name: page for label, model in MODELS.items() for name, page in model.pages(label).items()},
    # For everybody of the staff
    "index": Page(work=STAFF),
    "guide": Page(work=STAFF),
    "launch": Page(work=HEADS, post=(302,), data={"confirms": "keys-kept", "of": "x"}),
    "login": Page(work=[*STAFF, ANONYMOUS], get=(302,), post=(302,)),
    "logout": Page(work=STAFF, get=(405,)),
    "password_change": Page(work=STAFF),
    "password_change_done": Page(work=STAFF, post=(405,)),
    "jsi18n": Page(work=STAFF, post=(405,)),
    "app_list": [
        Page(args=("auth",), work=HEADS, refused=404),
        Page(args=("core",), work=CLINIC_KEEPERS, refused=404),
        Page(args=("locations",), work=CLINIC_KEEPERS, refused=404),
        Page(args=("articles",), work=WRITERS, refused=404),
        Page(args=("consults",), work=DESK, refused=404),
    ],
    # Without saying of which field: see test_autocomplete.
    "autocomplete": Page(post=(405,)),
    "view_on_site": [
        Page(args=("kind of article", ARTICLE), work=WRITERS, get=(302,), refused=404),
        Page(args=("kind of request", REQUEST), work=DESK, get=(302,), refused=404),
    ],
    # Accounts
    "auth_user_password_change": Page(args=(ACCOUNT,), work=HEADS),
    "auth_user_second_step": Page(args=(ACCOUNT,), work=HEADS),
    # Articles
    "articles_publish": Page(args=(ARTICLE,), work=WRITERS, data={"step": "withdraw"}),
    "articles_versions": Page(args=(ARTICLE,), work=WRITERS),
    "articles_version": Page(args=(ARTICLE, "version"), work=WRITERS),
    "articles_preview": Page(args=(ARTICLE,), work=WRITERS),
    "articles_preview_page": Page(args=(ARTICLE,), work=WRITERS),
    # Of these only the clinician's account belongs to a clinician.
    "articles_sign": Page(args=(ARTICLE,), work=[CLINICIAN], get=(405,)),
    "articles_preview_links": Page(args=(ARTICLE,), work=WRITERS, get=(405,), data={"purpose": "x", "days": "1"}),
    "articles_preview_revoke": Page(args=(ARTICLE, "preview link"), work=WRITERS, get=(405,)),
    "articles_reference_cite": Page(work=WRITERS),
    # Clinics are retired: who may change one is told so.
    "locations_location_delete": Page(args=("locations.location",), work=CLINIC_KEEPERS, get=(302,)),
    # Requests
    "consults_consultrequest_change": Page(args=(REQUEST,), look=DESK, post=(405,)),
    "consults_outcome": Page(args=(REQUEST,), work=DESK, **STEP, data={"kind": "booked"}),
    "consults_note": Page(args=(REQUEST,), work=DESK, **STEP, data={"note": "After five"}),
    "consults_take": Page(args=(REQUEST,), work=DESK, **STEP),
    "consults_hand_back": Page(args=(REQUEST,), work=DESK, **STEP),
    "consults_correct_phone": Page(args=(REQUEST,), work=DESK, **STEP, data={"phone": "205-555-0199"}),
    "consults_release": Page(args=(REQUEST,), work=DESK, **STEP),
    "consults_confirm_spam": Page(args=(REQUEST,), work=DESK, **STEP),
    "consults_send_again": Page(args=(MAIL,), work=DESK, **STEP),
    "consults_find": Page(work=DESK, post=(200, 302, 422), data={"term": "205-555-0142"}),
    # About requests, for who leads the clinics
    "consults_retention": Page(work=HEADS, post=(200, 302, 422)),
    "consults_people": Page(work=HEADS, post=(200, 422), data={"term": "205-555-0142"}),
    "consults_people_download": Page(work=HEADS, get=(302,), post=(302,)),
    "consults_people_erase": Page(work=HEADS, get=(302,), post=(302,)),
    "consults_reports": Page(work=HEADS, post=(405,)),
    "consults_export": Page(work=HEADS, post=(200, 422)),
    "consults_recipient_code": Page(args=("consults.recipient",), work=HEADS, get=(405,), data={"code": "000000"}),
    "consults_recipient_new_code": Page(args=("consults.recipient",), work=HEADS, get=(405,)),
    "consults_withdraw": Page(args=(REQUEST, "consent"), work=DESK, get=(405,)),
}

# Who is offered which bulk action. "delete_selected" is for who may delete, but where it is named here.
ACTIONS: dict[str, dict[str, list[str]]] = {
    "articles.article": {"delete_selected": NOBODY},
    "articles.reference": {"delete_selected": NOBODY},
    "articles.review": {"void": SIGNERS},
    "consults.consultrequest": {"release_chosen": DESK, "confirm_chosen_spam": DESK},
}

# Signing in: an account is nobody's but its owner's, so roles make no difference. For each address what it answers to
# a stranger and to somebody who is signed in without a second step, to GET and to POST, while none is required.
# A stranger is sent to sign in, and gets 403 where allauth refuses without looking.
SIGN_IN: dict[str, dict[str, tuple[int, int]]] = {
    "account_login": {"stranger": (200, 200), "staff": (302, 302)},
    "mfa_login_webauthn": {"stranger": (302, 302), "staff": (302, 302)},
    "mfa_authenticate": {"stranger": (302, 302), "staff": (302, 302)},
    "account_reauthenticate": {"stranger": (302, 302), "staff": (200, 200)},
    "mfa_reauthenticate": {"stranger": (302, 302), "staff": (302, 302)},
    "mfa_reauthenticate_webauthn": {"stranger": (302, 302), "staff": (302, 302)},
    "account_first_password": {"stranger": (302, 302), "staff": (302, 302)},
    "account_reset_password": {"stranger": (200, 200), "staff": (200, 200)},
    "account_reset_password_done": {"stranger": (200, 405), "staff": (200, 405)},
    "account_reset_password_from_key": {"stranger": (200, 200), "staff": (200, 200)},
    "account_reset_password_from_key_done": {"stranger": (200, 405), "staff": (200, 405)},
    "mfa_index": {"stranger": (302, 302), "staff": (200, 405)},
    "mfa_list_webauthn": {"stranger": (302, 302), "staff": (302, 302)},
    "mfa_activate_totp": {"stranger": (302, 302), "staff": (200, 200)},
    "mfa_deactivate_totp": {"stranger": (302, 302), "staff": (404, 404)},
    "mfa_view_recovery_codes": {"stranger": (302, 302), "staff": (404, 405)},
    "mfa_generate_recovery_codes": {"stranger": (302, 302), "staff": (200, 200)},
    "mfa_add_webauthn": {"stranger": (302, 302), "staff": (200, 200)},
    "mfa_remove_webauthn": {"stranger": (302, 302), "staff": (404, 404)},
}
SIGN_IN_ARGS = {"mfa_remove_webauthn": [1], "account_reset_password_from_key": ["1", "set-password"]}
SIGN_IN_ADDRESSES = [(str(pattern.pattern), pattern.name) for pattern in sign_in_urls.urlpatterns]
