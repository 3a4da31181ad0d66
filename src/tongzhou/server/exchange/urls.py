"""Addresses of the import screen."""

from django.urls import path

from tongzhou.server.exchange import views

app_name = "exchange"
urlpatterns = [
    path("", views.imports, name="list"),
    path("new/<str:kind>/<str:tokens>/", views.preview, name="preview"),
    path("jobs/<uuid:job_id>/", views.job, name="job"),
    path("jobs/<uuid:job_id>/cancel/", views.cancel, name="cancel"),
    path("<uuid:run_id>/", views.account, name="account"),
    path("<uuid:run_id>/rejects/", views.rejects, name="rejects"),
]
