from django.apps import AppConfig


class AreasConfig(AppConfig):
    name = "tongzhou.server.areas"
    label = "areas"
