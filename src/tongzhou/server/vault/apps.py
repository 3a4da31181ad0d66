from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "tongzhou.server.vault"
    label = "vault"
