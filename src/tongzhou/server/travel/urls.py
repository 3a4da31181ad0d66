"""Addresses of the return peak."""

from django.urls import path

from tongzhou.server.travel import views

app_name = "travel"
urlpatterns = [
    path("studies/<uuid:study_id>/", views.study, name="study"),
    path("studies/<uuid:study_id>/question/", views.question_file, name="question"),
    path("studies/<uuid:study_id>/repeat/", views.repeat, name="repeat"),
    path("<str:area>/return/", views.return_peak, name="return"),
]
