"""Entry point of the ASGI process: pages, API and live events."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongzhou.server.config.settings")
application = get_asgi_application()
