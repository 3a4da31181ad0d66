"""Root addresses."""

from django.urls import include, path
from django.views.i18n import set_language

from tongzhou.server.access.middleware import public

urlpatterns = [
    path("", include("tongzhou.server.access.urls")),
    path("", include("tongzhou.server.console.urls")),
    path("duties/", include("tongzhou.server.duties.urls")),
    path("language/", public(set_language), name="set_language"),
]
