"""Entry point of WSGI processes: pages and API, faster than ASGI, without live events."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongzhou.server.config.settings")
application = get_wsgi_application()
