"""What the pages about requests have in common: who may open them, and that nothing of theirs is kept anywhere."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.views.decorators.debug import sensitive_post_parameters

METHODS = ["GET", "HEAD", "POST"]


class ToolPages:
    """A ModelAdmin's way to make such a page."""

    def tool(self, view: Callable[..., HttpResponse], permission: str) -> Callable[..., HttpResponse]:
        """Wrap `view`: 403 without `permission`, 405 for other methods, and no browser keeps the answer."""

        @sensitive_post_parameters()
        def guarded(request) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
            response = view(request)
            response.headers["Cache-Control"] = "no-store"
            return response

        return self.admin_site.admin_view(guarded)

    def tool_page(self, request, template: str, context: dict, *, status: int = 200) -> TemplateResponse:
        """Return the page that `template` under admin/consults/ draws."""
        request.current_app = self.admin_site.name
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/consults/{template}", context, status=status)
