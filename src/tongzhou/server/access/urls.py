"""Addresses of access."""

from django.urls import path

from tongzhou.server.access import audit_views, views

app_name = "access"
urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("logout/", views.sign_out, name="logout"),
    path("second-factor/", views.second_factor, name="second_factor"),
    path("break-glass/", views.open_glass, name="glass"),
    path("record/", audit_views.record, name="record"),
]
