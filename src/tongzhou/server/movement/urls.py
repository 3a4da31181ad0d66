"""Addresses of stays and trips."""

from django.urls import path, re_path

from tongzhou.server.movement import views

app_name = "movement"
urlpatterns = [
    path("<int:person_id>/stays/add/", views.add_stay_view, name="add_stay"),
    path("<int:person_id>/stays/<int:row_id>/", views.edit_stay, name="edit_stay"),
    path("<int:person_id>/trips/add/", views.add_trip_view, name="add_trip"),
    path("<int:person_id>/trips/<int:row_id>/", views.edit_trip, name="edit_trip"),
    re_path(
        r"^(?P<person_id>\d+)/(?P<table>stays|trips)/(?P<row_id>\d+)/withdraw/$",
        views.withdraw,
        name="withdraw",
    ),
]
