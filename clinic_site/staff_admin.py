"""Staff accounts in the admin. Rights are given by role alone: nothing here knows superusers or single permissions."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from .roles import IN_WORDS, OWNER
from .signin.standing import has_second_step
from .staff import accounts_open_to, delete_account, keep_account, record_password, roles_to_give, take_second_step
from .staff_forms import AccountForm, AddAccountForm, PasswordForm

# allauth registers its own; second steps are looked after on the account they belong to.
admin.site.unregister([User, Group, EmailAddress, Authenticator])


class RoleFilter(admin.RelatedFieldListFilter):
    """The roles, which Django calls groups."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.title = "role"


@admin.register(User)
class StaffAdmin(UserAdmin):
    """For managers and owners: each sees the accounts that can do no more than what they can give."""

    form = AccountForm
    add_form = AddAccountForm
    add_form_template = None
    change_password_form = PasswordForm
    list_display = ["username", "full_name", "roles", "clinics", "is_active"]
    list_filter = ["is_active", ("groups", RoleFilter), "desk_clinics"]
    show_facets = admin.ShowFacets.NEVER
    filter_horizontal = []
    readonly_fields = ["password_link", "second_step_link"]
    delete_confirmation_template = "admin/auth/user/delete_confirmation.html"
    add_fieldsets = [
        (None, {"fields": ["username", "password1", "password2"]}),
        ("What they may do", {"fields": ["roles", "clinics"]}),
    ]
    fieldsets = [
        (None, {"fields": ["username", "first_name", "last_name", "email"]}),
        ("What they may do", {"fields": ["roles", "clinics"]}),
        ("Signing in", {"fields": ["is_active", "password_link", "second_step_link"]}),
    ]

    # Who may do what -------------------------------------------------------------------------

    def get_queryset(self, request):
        return super().get_queryset(request).filter(pk__in=accounts_open_to(request.user).values("pk"))

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        """An account out of reach is not there at all."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        raise Http404

    def has_module_permission(self, request) -> bool:
        return super().has_module_permission(request) and bool(roles_to_give(request.user))

    def has_view_permission(self, request, obj=None) -> bool:
        return super().has_view_permission(request, obj) and bool(roles_to_give(request.user))

    def has_add_permission(self, request) -> bool:
        return super().has_add_permission(request) and bool(roles_to_give(request.user))

    def has_change_permission(self, request, obj=None) -> bool:
        return super().has_change_permission(request, obj) and bool(roles_to_give(request.user))

    def has_delete_permission(self, request, obj=None) -> bool:
        """Accounts are switched off. Only owners delete one, and never their own."""
        is_owner = OWNER in roles_to_give(request.user)
        return super().has_delete_permission(request, obj) and is_owner and obj != request.user

    # The form --------------------------------------------------------------------------------

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        form.by = request.user
        return form

    def save_model(self, request, obj: User, form, change: bool) -> None:
        own = [name for name in form.changed_data if name in AccountForm.Meta.fields]
        keep_account(
            account=obj,
            changed=own,
            roles=form.cleaned_data["roles"],
            clinics=form.cleaned_data["clinics"],
            by=request.user,
            now=timezone.now(),
        )
        if not change:
            record_password(account=obj, by=request.user, now=timezone.now())

    @admin.display(description="password")
    def password_link(self, account: User) -> str:
        url = reverse("admin:auth_user_password_change", args=[account.pk])
        return format_html('<a href="{}">Set a new password</a>', url)

    @transaction.atomic
    def user_change_password(self, request, id, form_url=""):
        """Set somebody's password; one's own is changed where the old one is asked for."""
        if unquote(id) == str(request.user.pk):
            return HttpResponseRedirect(reverse("admin:password_change"))
        account = self.get_object(request, unquote(id))
        response = super().user_change_password(request, id, form_url)
        if account and not User.objects.filter(pk=account.pk, password=account.password).exists():
            record_password(account=account, by=request.user, now=timezone.now())
        return response

    @admin.display(description="second step")
    def second_step_link(self, account: User) -> str:
        if not has_second_step(account):
            return "Not set up yet"
        url = reverse("admin:auth_user_second_step", args=[account.pk])
        return format_html('Set up. <a href="{}">Take it away</a>', url)

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(self.second_step_view)
        return [path("<int:pk>/second-step/", view, name="auth_user_second_step"), *super().get_urls()]

    def second_step_view(self, request, pk: int):
        """For who has lost their phone: take the second step away, so that they set up another."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        account = self.get_object(request, str(pk))
        if account is None or account == request.user:
            raise Http404
        if request.method == "POST":
            take_second_step(account=account, by=request.user, now=timezone.now())
            self.message_user(request, "Taken away. At their next sign-in they set up a new second step.")
            return HttpResponseRedirect(reverse("admin:auth_user_change", args=[pk]))
        context = {**self.admin_site.each_context(request), "account": account, "title": "Take the second step away"}
        return TemplateResponse(request, "admin/auth/user/second_step.html", context)

    # Deleting --------------------------------------------------------------------------------

    def get_deleted_objects(self, objs, request):
        """The accounts alone: what goes with one is marks of the admin, which nobody knows by name."""
        objects, _, perms_needed, protected = super().get_deleted_objects(objs, request)
        accounts = [item for item in objects if not isinstance(item, list)]
        return accounts, {self.opts.verbose_name_plural: len(accounts)}, perms_needed, protected

    def delete_model(self, request, obj: User) -> None:
        delete_account(account=obj, by=request.user, now=timezone.now())

    def delete_queryset(self, request, queryset) -> None:
        for account in queryset:
            delete_account(account=account, by=request.user, now=timezone.now())

    # The list --------------------------------------------------------------------------------

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": "Staff accounts", **(extra_context or {})})

    def get_changelist_instance(self, request):
        changelist = super().get_changelist_instance(request)
        changelist.result_list = changelist.result_list.prefetch_related("groups", "desk_clinics")
        return changelist

    @admin.display(description="name", ordering="last_name", empty_value="")
    def full_name(self, account: User) -> str:
        return account.get_full_name()

    @admin.display(description="roles")
    def roles(self, account: User) -> str:
        held = {group.name for group in account.groups.all()}
        return "Superuser" if account.is_superuser else ", ".join(role for role in IN_WORDS if role in held) or "None"

    @admin.display(description="front desk of")
    def clinics(self, account: User) -> str:
        return ", ".join(sorted(clinic.name for clinic in account.desk_clinics.all()))
