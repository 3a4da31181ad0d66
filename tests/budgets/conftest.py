"""The standing cast and the frozen clock, as the server's tests have them."""

from tests.server.conftest import areas, cast, now, quick_passwords  # noqa: F401
