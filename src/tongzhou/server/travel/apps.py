from django.apps import AppConfig


class TravelConfig(AppConfig):
    name = "tongzhou.server.travel"
    label = "travel"
