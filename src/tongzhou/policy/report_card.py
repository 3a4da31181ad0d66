"""The report card of a pack: its fields, and what a filled one still lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from tongzhou.core.identifiers import is_valid_document
from tongzhou.policy.model import FormField, Pack, Text

_LENGTH_OF_DOCUMENT = 18


@dataclass(frozen=True, slots=True)
class FieldGap:
    """One field that keeps a card from being sent. Carries the name of the field, never its value."""

    field: FormField
    problem: Text


def report_card_fields(pack: Pack) -> tuple[FormField, ...]:
    """Return the fields of the report card in the order of the form.

    >>> from tongzhou.policy import load_pack
    >>> [field.name for field in report_card_fields(load_pack("cn-2022-06"))][:3]
    ['name', 'document_number', 'sex']
    """
    return pack.form_fields


def missing_report_card_fields(pack: Pack, values: Mapping[str, object]) -> list[FieldGap]:
    """Return every field that is missing or holds a value the form does not allow, in the order of the form.

    Parameters
    ----------
    values : mapping of field name to value — days as `date`, instants as aware `datetime`, choices as their
        code. A field required only under a condition (``death_on`` if ``died``) looks at the truth of that
        key.
    """
    gaps = []
    for field in pack.form_fields:
        problem = _problem(field, values)
        if problem is not None:
            gaps.append(FieldGap(field, problem))
    return gaps


def _problem(field: FormField, values: Mapping[str, object]) -> Text | None:
    value = values.get(field.name)
    if value is None or (isinstance(value, str) and not value.strip()):
        is_needed = field.is_required or (field.required_if and values.get(field.required_if))
        return Text("没有填写", "is missing") if is_needed else None
    if field.type == "choice" and value not in field.allowed:
        allowed = ", ".join(field.allowed)
        return Text(f"不在允许的值中：{allowed}", f"is none of the allowed values: {allowed}")
    if field.type == "day" and (not isinstance(value, date) or isinstance(value, datetime)):
        return Text("不是日期", "is not a day")
    if field.type == "instant" and not (isinstance(value, datetime) and value.tzinfo):
        return Text("不是带时区的时间", "is not an instant with its time zone")
    if field.name == "document_number" and not _is_document(str(value)):
        return Text("身份证号码校验不对", "fails the check digit of an identity number")
    return None


def _is_document(value: str) -> bool:
    """Check identity numbers; other documents (passports, permits) have no check digit to look at."""
    looks_like_one = len(value) == _LENGTH_OF_DOCUMENT and value[:-1].isdigit()
    return is_valid_document(value) if looks_like_one else True
