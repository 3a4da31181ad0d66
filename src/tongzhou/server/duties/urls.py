"""Addresses of duties."""

from django.urls import path

from tongzhou.server.duties import views

app_name = "duties"
urlpatterns = [
    path("", views.board, name="board"),
    path("export/", views.export, name="export"),
    path("mine/", views.mine, name="mine"),
    path("mine/done/", views.mine_done, name="mine_done"),
    path("close/", views.close, name="close_day"),
    path("closed/<uuid:close_id>/", views.closed_day, name="closed_day"),
    path("posts/", views.posts, name="posts"),
    path("posts/<int:holding_id>/hand-over/", views.hand_over, name="hand_over"),
    path("<uuid:duty_id>/", views.detail, name="detail"),
    path("<uuid:duty_id>/do/", views.do, name="do"),
    path("<uuid:duty_id>/refuse/", views.refuse, name="refuse"),
]
