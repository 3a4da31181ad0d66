"""Addresses of persons."""

from django.urls import path

from tongzhou.server.people import views

app_name = "people"
urlpatterns = [
    path("", views.search, name="search"),
    path("<int:person_id>/", views.person, name="person"),
    path("<int:person_id>/unmask/", views.unmask, name="unmask"),
    path("<int:person_id>/duplicates/", views.duplicates, name="duplicates"),
    path("merges/<uuid:merge_id>/undo/", views.undo, name="undo_merge"),
]
