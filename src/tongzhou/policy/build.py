"""Turn the checked files of a pack into its values, and check what a schema cannot say."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tongzhou.core.exposures import (
    Grade,
    Setting,
)
from tongzhou.core.zones import ZoneLevel
from tongzhou.policy.build_contacts import build_contact_rules, build_window
from tongzhou.policy.build_orders import build_orders, build_zone_rules
from tongzhou.policy.model import (
    ClockAnchor,
    ClockRule,
    FormField,
    Pack,
    Prohibition,
    RuleNote,
    Text,
    ZoneLevelText,
)
from tongzhou.policy.tables import Draft, Table, bilingual


def build_pack(draft: Draft) -> Pack:
    """Return the pack of checked files.

    Raises
    ------
    PolicyError ``policy.bad_value`` — names pack, file, path and what is allowed
    """
    meta, contacts = draft.parts["pack"], draft.parts["contacts"]
    notes = _notes(draft)
    return Pack(
        name=meta["name"],
        version=meta["version"],
        title=Text(meta["title"]["zh"], meta["title"]["en"]),
        disease=meta["disease"],
        edition=meta["edition"],
        effective_from=meta["effective_from"],
        effective_until=_effective_until(draft),
        legal_source=meta["legal_source"],
        time_zone=_time_zone(draft),
        window=build_window(contacts),
        contact_rules=build_contact_rules(draft),
        default_setting=Setting(contacts["default_setting"]),
        has_secondary=contacts["has_secondary"],
        unknown_seat=Grade(contacts["unknown_seat"]["grade"]),
        orders=build_orders(draft),
        zone_rules=build_zone_rules(draft),
        zone_levels=tuple(
            ZoneLevelText(ZoneLevel(row["level"]), bilingual(row, "name"), bilingual(row, "asks"))
            for row in draft.parts["zones"].get("level", [])
        ),
        clock_rules=_clocks(draft.parts["clocks"]),
        prohibitions=tuple(
            Prohibition(row["clause"], row["check"], row["only_arbitrary"])
            for row in draft.parts["prohibitions"]["prohibition"]
        ),
        form_fields=_form_fields(draft),
        contacts={
            "help": bilingual(meta["contacts"], "help"),
            "appeal": bilingual(meta["contacts"], "appeal"),
        },
        notes=notes,
        digest=draft.digest,
    )


def _effective_until(draft: Draft) -> Any:
    meta = draft.parts["pack"]
    until = meta.get("effective_until")
    if until is not None and until <= meta["effective_from"]:
        raise draft.refuse(
            "pack.toml",
            "effective_until",
            f"is {until}, not after effective_from {meta['effective_from']}",
            "It is the first day on which the rules no longer hold.",
        )
    return until


def _time_zone(draft: Draft) -> ZoneInfo:
    name = draft.parts["pack"]["time_zone"]
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise draft.refuse(
            "pack.toml", "time_zone", f"is {name!r}", "Give an IANA name, for example Asia/Shanghai."
        ) from None


def _clocks(part: Table) -> tuple[ClockRule, ...]:
    return tuple(
        ClockRule(
            row["id"], bilingual(row, "name"), ClockAnchor(row["anchor"]), float(row["hours"]), row["post"]
        )
        for row in part["clock"]
    )


def _form_fields(draft: Draft) -> tuple[FormField, ...]:
    fields = []
    for place, row in enumerate(draft.parts["forms"]["field"]):
        if (row["type"] == "choice") != ("allowed" in row):
            path = f"field[{place}].allowed"
            raise draft.refuse(
                "forms.toml",
                path,
                "does not fit the type",
                "A choice, and only a choice, lists allowed values.",
            )
        fields.append(
            FormField(
                row["name"],
                bilingual(row, "label"),
                row["type"],
                row["required"],
                tuple(row.get("allowed", ())),
                row.get("required_if", ""),
            )
        )
    return tuple(fields)


def _notes(draft: Draft) -> dict[str, RuleNote]:
    """Collect what every rule says.

    Refuse a rule id used twice and a source that SOURCE.md does not explain.
    """
    notes: dict[str, RuleNote] = {}
    for file, path, row in _ruled_rows(draft):
        rule_id = row.get("id") or f"prohibition.{row['clause']}"
        if rule_id in notes:
            raise draft.refuse(
                file, path, f"has the id {rule_id!r} of another rule", "Give every rule its own id."
            )
        if row["source"] not in draft.sources:
            known = ", ".join(sorted(draft.sources)) or "none"
            raise draft.refuse(
                file,
                f"{path}.source",
                f"is {row['source']!r}, which SOURCE.md does not explain",
                f"Allowed are {known}.",
            )
        notes[rule_id] = RuleNote(bilingual(row, "says"), row["source"], row.get("assumption", False))
    return notes


def _ruled_rows(draft: Draft) -> list[tuple[str, str, Table]]:
    contacts = draft.parts["contacts"]
    rows: list[tuple[str, str, Table]] = [
        ("contacts.toml", name, contacts[name]) for name in ("window", "unknown_seat")
    ]
    if contacts["has_secondary"]:
        row = {"id": "secondary", "source": contacts.get("secondary_source", "")}
        row |= {f"says_{lang}": contacts.get(f"secondary_{lang}", "") for lang in ("zh", "en")}
        rows.append(("contacts.toml", "secondary", row))
    tables = {
        "contacts": ("setting", "seat"),
        "orders": ("order",),
        "zones": ("trigger", "step"),
        "clocks": ("clock",),
        "prohibitions": ("prohibition",),
    }
    for part, names in tables.items():
        for name in names:
            found = draft.parts[part].get(name, [])
            rows += [(f"{part}.toml", f"{name}[{place}]", row) for place, row in enumerate(found)]
    return rows
