"""Sign-in, second factor and break-glass."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from tongzhou.server.access.words import role_word


class SignInForm(AuthenticationForm):
    """User name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")


class TokenForm(forms.Form):
    """Six digits of the authenticator."""

    token = forms.CharField(
        label=_("Code of the authenticator"),
        min_length=6,
        max_length=6,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class BreakGlassForm(forms.Form):
    """Where, as what, how long, and why."""

    area_code = forms.CharField(label=_("Area code"), max_length=24)
    role = forms.ChoiceField(label=_("Role"))
    hours = forms.FloatField(label=_("Hours (at most 4)"), min_value=0.25, max_value=4, initial=1)
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}), max_length=300)

    def __init__(self, *args: object, roles: list[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role, role_word(role)) for role in roles]
