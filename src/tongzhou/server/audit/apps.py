from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "tongzhou.server.audit"
    label = "audit"
