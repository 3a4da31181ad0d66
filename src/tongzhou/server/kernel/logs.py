"""Keeps personal data out of the logs: document numbers and phones are cut from every line."""

from __future__ import annotations

import logging
import re

_PERSONAL = re.compile(r"(?<!\d)(\d{17}[\dXx]|1[3-9]\d{9})(?!\d)")


class MaskPersonal(logging.Filter):
    """Replace identity numbers and mobile phones in a record's final text."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        masked = _PERSONAL.sub("[masked]", text)
        if masked != text:
            record.msg, record.args = masked, ()
        return True
