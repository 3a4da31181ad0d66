"""The small area tree and the frozen clock, as the server's tests have them."""

from tests.server.conftest import areas, now  # noqa: F401
