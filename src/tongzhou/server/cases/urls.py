"""Addresses of cases."""

from django.urls import path

from tongzhou.server.cases import chain_views, edit_views, exposure_views, views

app_name = "cases"
urlpatterns = [
    path("", views.case_list, name="list"),
    path("find/", views.find, name="find"),
    path("export/", views.export, name="export"),
    path("chain/", chain_views.chain, name="chain"),
    path("chain/columns/", chain_views.chain_json, name="chain_json"),
    path("<uuid:case_id>/", views.case, name="case"),
    path("<uuid:case_id>/pane/", views.pane, name="pane"),
    path("<uuid:case_id>/itinerary/", views.itinerary_json, name="itinerary"),
    path("<uuid:case_id>/unmask/", views.unmask, name="unmask"),
    path("<uuid:case_id>/correct/", edit_views.correct, name="correct"),
    path("<uuid:case_id>/search-again/", edit_views.trace, name="trace"),
    path("<uuid:case_id>/exposures/", exposure_views.exposures, name="exposures"),
    path("<uuid:case_id>/exposures/add/", exposure_views.add, name="add_exposure"),
    path("<uuid:case_id>/exposures/decide/<str:decision>/", exposure_views.decide, name="decide"),
    path("<uuid:case_id>/exposures/<uuid:exposure_id>/", exposure_views.exposure_pane, name="exposure"),
    path("<uuid:case_id>/orders/", views.orders, name="orders"),
    path("<uuid:case_id>/chain/", chain_views.links, name="links"),
    path("<uuid:case_id>/chain/add/", chain_views.link_add, name="add_link"),
    path("<uuid:case_id>/chain/<uuid:link_id>/remove/", chain_views.link_remove, name="remove_link"),
    path("<uuid:case_id>/report/", edit_views.report, name="report"),
    path("<uuid:case_id>/report/print/", views.print_report, name="print_report"),
    path("<uuid:case_id>/log/", views.log, name="log"),
]
