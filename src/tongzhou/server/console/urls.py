"""Addresses of the command room."""

from django.urls import path

from tongzhou.server.console import stream, views

app_name = "console"
urlpatterns = [
    path("home/", views.home, name="home"),
    path("situation/", views.home_situation, name="home_situation"),
    path("situation/<str:area>/", views.situation, name="situation"),
    path("situation/<str:area>/map/", views.map_json, name="map"),
    path("situation/<str:area>/curve/", views.curve_json, name="curve"),
    path("situation/<str:area>/custody/", views.custody_fragment, name="custody"),
    path("situation/<str:area>/late/", views.late_fragment, name="late"),
    path("resources/", views.resources, name="resources"),
    path("outlines/<str:code>/", views.outlines, name="outlines"),
    path("areas/", views.areas, name="areas"),
    path("palette/", views.palette, name="palette"),
    path("jobs/", views.job_list, name="jobs"),
    path("jobs/<uuid:job_id>/cancel/", views.cancel_job, name="cancel_job"),
    path("events/", stream.events, name="events"),
    path("events/poll/", stream.poll, name="poll"),
]
