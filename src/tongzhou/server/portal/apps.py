from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "tongzhou.server.portal"
    label = "portal"
