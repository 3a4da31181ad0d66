"""Addresses of studies, readiness and the difference between rules."""

from django.urls import path

from tongzhou.server.planning import difference_views, readiness_views, views

app_name = "planning"
urlpatterns = [
    path("studies/<uuid:study_id>/", views.study, name="study"),
    path("studies/<uuid:study_id>/question/", views.question_file, name="question"),
    path("studies/<uuid:study_id>/repeat/", views.repeat, name="repeat"),
    path("differences/<uuid:study_id>/", difference_views.difference, name="difference"),
    path("<str:area>/whatif/", views.whatif, name="whatif"),
    path("<str:area>/jobs/", views.jobs_fragment, name="jobs"),
    path("<str:area>/jobs/<uuid:job_id>/cancel/", views.cancel, name="cancel"),
    path("<str:area>/jobs/<uuid:job_id>/again/", views.again, name="again"),
    path("<str:area>/readiness/", readiness_views.readiness, name="readiness"),
    path("<str:area>/rules/", difference_views.ask, name="rules"),
]
