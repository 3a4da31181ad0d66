"""Addresses of the laboratory clerk's screens."""

from django.urls import path

from tongzhou.server.labs import file_views, views

app_name = "labs"
urlpatterns = [
    path("", views.unlinked, name="home"),
    path("results/new/", views.new_result, name="new_result"),
    path("results/file/", file_views.upload, name="upload"),
    path("results/file/<str:laboratory>/<str:token>/", file_views.mapping, name="mapping"),
    path("results/jobs/<uuid:job_id>/", file_views.file_job, name="file_job"),
    path("results/jobs/<uuid:job_id>/cancel/", file_views.cancel_job, name="cancel_job"),
    path("results/jobs/<uuid:job_id>/rejects/", file_views.rejects, name="rejects"),
    path("unlinked/", views.unlinked, name="unlinked"),
    path("unlinked/<uuid:unlinked_id>/", views.unlinked_detail, name="unlinked_detail"),
    path("unlinked/<uuid:unlinked_id>/link/", views.link, name="link"),
]
