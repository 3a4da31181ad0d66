"""Addresses of orders, zones and appeals."""

from django.urls import path

from tongzhou.server.measures import appeal_views, own_views, views, zone_views

app_name = "measures"
urlpatterns = [
    path("orders/", views.orders, name="orders"),
    path("orders/confirm/", views.confirm_many, name="confirm_many"),
    path("orders/export/", views.export, name="export"),
    path("orders/<uuid:order_id>/", views.order, name="order"),
    path("orders/<uuid:order_id>/confirm/", views.confirm, name="confirm"),
    path("orders/<uuid:order_id>/change/", views.change, name="change"),
    path("orders/<uuid:order_id>/approve/", views.approve, name="approve"),
    path("orders/<uuid:order_id>/reject/", views.reject, name="reject"),
    path("orders/<uuid:order_id>/redraft/", views.redraft, name="redraft"),
    path("orders/<uuid:order_id>/advance/", views.advance, name="advance"),
    path("orders/<uuid:order_id>/release/", views.release, name="release"),
    path("orders/<uuid:order_id>/person/", views.unmask, name="unmask"),
    path("orders/<uuid:order_id>/sheet/", views.sheet, name="sheet"),
    path("mine/<uuid:order_id>/", own_views.mine_order, name="mine_order"),
    path("mine/<uuid:order_id>/sheet/", own_views.mine_sheet, name="mine_sheet"),
    path("mine/<uuid:order_id>/appeal/", own_views.appeal, name="open_appeal"),
    path("appeals/", appeal_views.appeals, name="appeals"),
    path("appeals/<uuid:appeal_id>/", appeal_views.appeal, name="appeal"),
    path("beyond/", appeal_views.beyond, name="beyond"),
    path("zones/", zone_views.zones, name="zones"),
    path("zones/map/", zone_views.zone_map, name="zone_map"),
    path("zones/propose/<uuid:case_id>/", zone_views.propose, name="propose_zones"),
    path("zones/<uuid:zone_id>/", zone_views.zone, name="zone"),
    path("zones/<uuid:zone_id>/confirm/", zone_views.confirm, name="confirm_zone"),
    path("zones/<uuid:zone_id>/approve/", zone_views.approve, name="approve_zone"),
    path("zones/<uuid:zone_id>/reject/", zone_views.reject, name="reject_zone"),
    path("zones/<uuid:zone_id>/lift/", zone_views.lift, name="lift_zone"),
    path("zones/<uuid:zone_id>/raise/", zone_views.raise_again, name="raise_zone"),
]
