from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "tongzhou.server.cases"
    label = "cases"
