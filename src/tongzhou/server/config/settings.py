"""Settings of the server."""

INSTALLED_APPS: list[str] = []
SECRET_KEY = "placeholder-until-the-server-lands"  # noqa: S105
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True
