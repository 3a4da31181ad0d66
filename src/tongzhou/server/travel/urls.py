"""Addresses of the return peak."""

from django.urls import path

from tongzhou.server.travel import views

app_name = "travel"
urlpatterns = [
    path("<str:area>/return/", views.return_peak, name="return"),
]
