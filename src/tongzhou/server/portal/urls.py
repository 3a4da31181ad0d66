"""Addresses of the public pages and of publishing."""

from django.urls import path

from tongzhou.server.portal import compose_views, notice_views, travel_views, views

app_name = "portal"
urlpatterns = [
    path("", views.start, name="start"),
    path("bulletins/", views.bulletins, name="bulletins"),
    path("bulletins/compose/", compose_views.compose, name="bulletin_desk"),
    path("bulletins/compose/publish/", compose_views.publish, name="publish"),
    path("bulletins/trips/", notice_views.trips, name="trips"),
    path("bulletins/trips/announce/", notice_views.announce, name="announce"),
    path("bulletins/trips/<uuid:notice_id>/take-back/", notice_views.take_back, name="take_back"),
    path("bulletins/<uuid:bulletin_id>/", views.bulletin, name="bulletin"),
    path("same-trip/", views.same_trip, name="same_trip"),
    path("travel-registration/", travel_views.register, name="register"),
    path("travel-registration/withdraw/", travel_views.withdraw, name="withdraw"),
    path("mine/", views.mine, name="mine"),
]
