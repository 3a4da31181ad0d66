"""Root addresses."""

from django.urls import include, path
from django.views.i18n import set_language

from tongzhou.server.access.middleware import public
from tongzhou.server.config.api import urls as api_urls

urlpatterns = [
    path("", include("tongzhou.server.access.urls")),
    path("", include("tongzhou.server.console.urls")),
    path("cases/", include("tongzhou.server.cases.urls")),
    path("people/", include("tongzhou.server.people.urls")),
    path("movement/", include("tongzhou.server.movement.urls")),
    path("duties/", include("tongzhou.server.duties.urls")),
    path("measures/", include("tongzhou.server.measures.urls")),
    path("labs/", include("tongzhou.server.labs.urls")),
    path("insight/", include("tongzhou.server.analysis.urls")),
    path("planning/", include("tongzhou.server.planning.urls")),
    path("travel/", include("tongzhou.server.travel.urls")),
    path("imports/", include("tongzhou.server.exchange.urls")),
    path("api/v1/", api_urls),
    path("", include("tongzhou.server.portal.urls")),
    path("language/", public(set_language), name="set_language"),
]
