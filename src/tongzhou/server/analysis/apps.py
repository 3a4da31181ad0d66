from django.apps import AppConfig


class AnalysisConfig(AppConfig):
    name = "tongzhou.server.analysis"
    label = "analysis"
