"""What lists show of personal fields: enough to tell two people apart, never enough to find them."""

from __future__ import annotations


def mask_name(name: str) -> str:
    """Keep the first character.

    >>> mask_name("欧阳娜"), mask_name("Li Wei"), mask_name("")
    ('欧**', 'L*****', '')
    """
    return name[:1] + "*" * (len(name) - 1)


def mask_document(number: str) -> str:
    """Keep the area part's first three and the last two characters.

    >>> mask_document("11010519491231002X")
    '110*************2X'
    """
    return number[:3] + "*" * max(0, len(number) - 5) + number[-2:] if len(number) > 5 else "*" * len(number)


def mask_phone(number: str) -> str:
    """Keep the first three and the last two digits.

    >>> mask_phone("13800138000")
    '138******00'
    """
    return number[:3] + "*" * max(0, len(number) - 5) + number[-2:] if len(number) > 5 else "*" * len(number)
