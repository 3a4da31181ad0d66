"""Tongzhou 同舟: run the response to an outbreak, from the first signal to the last released contact."""

__version__ = "0.1.0"
