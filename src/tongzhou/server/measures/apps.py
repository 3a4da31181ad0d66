from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    name = "tongzhou.server.measures"
    label = "measures"
