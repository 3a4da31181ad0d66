"""Addresses of the estimates."""

from django.urls import path

from tongzhou.server.analysis import views

app_name = "analysis"
urlpatterns = [
    path("", views.home, name="home"),
    path("<str:area>/", views.insight, name="area"),
    path("<str:area>/run/", views.run, name="run"),
    path("<str:area>/jobs/", views.jobs_fragment, name="jobs"),
    path("<str:area>/jobs/<uuid:job_id>/cancel/", views.cancel, name="cancel"),
]
