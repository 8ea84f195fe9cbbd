"""What every endpoint of the API is: closed unless it names the capability a method needs."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from helpdesk.accounts.models import User
from helpdesk.accounts.permissions import require
from helpdesk.events.selectors import head_of
from helpdesk.lib.errors import NotAllowed


class Endpoint(APIView):
    """``needs`` maps each method to a capability; a method that is not listed is not allowed.

    With ``is_live``, answers to GET carry ``Event-Cursor``: the number of an event that the
    answer is at least as new as. It is read before the data.
    """

    needs: ClassVar[dict[str, str]] = {}
    is_live: ClassVar[bool] = False
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    _event_cursor: int | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        method = "GET" if request.method == "HEAD" else str(request.method)
        if getattr(self, method.lower(), None) is None:
            return
        capability = self.needs.get(method)
        if capability is None:
            raise NotAllowed("Nobody may do this here.")
        require(self.user, capability)
        if self.is_live and method == "GET":
            self._event_cursor = head_of(self.user.organization_id).seq

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        if self._event_cursor is not None and response.status_code < 400:
            answer["Event-Cursor"] = str(self._event_cursor)
        return answer

    @property
    def user(self) -> User:
        """Who is calling; authentication has already made sure that there is somebody."""
        return cast(User, self.request.user)
