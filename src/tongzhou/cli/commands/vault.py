"""Rotate the key of the personal fields; erase a person; let old days go."""

from __future__ import annotations

from datetime import date

import click

from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.parameters import DAY
from tongzhou.cli.records import open_records


@click.group("vault")
def command() -> None:
    """The personal fields."""


@command.command("rotate")
@click.option("--rewrite-only", is_flag=True, help="Add no key; rewrite what is under older ones.")
@json_option
def rotate(rewrite_only: bool, as_json: bool) -> None:
    """Add a data key and rewrite every personal field under it. Older keys stay readable."""
    open_records("tongzhou vault rotate")
    from tongzhou.server.vault import keys, rotation

    number = keys.key_ring().current if rewrite_only else rotation.add_key()
    result = {"key": number, "n_rows": rotation.rewrite_fields()}
    print_result(result, as_json, lambda r: f"{r['n_rows']} rows are under key {r['key']} now.")


@command.command("erase")
@click.argument("person", type=int)
@click.option("--reason", required=True, help="The request or the rule that asks for it.")
@json_option
def erase(person: int, reason: str, as_json: bool) -> None:
    """Erase a PERSON by number: fields, stays, trips, tests, free text, audit content. It cannot be undone."""
    open_records("tongzhou vault erase")
    from tongzhou.core.access import system_actor
    from tongzhou.core.errors import NotVisible
    from tongzhou.server.people.models import Person
    from tongzhou.server.playbooks.erasure import erase_person

    found = Person.objects.everything("command line").filter(id=person).first()
    if found is None:
        raise NotVisible(
            "people.unknown", f"There is no person {person}.", "Find the number on the person's page."
        )
    erased = erase_person(system_actor("command-line"), found, reason)
    result = {
        "person": person,
        "n_ledger_rows": erased.n_ledger_rows,
        "n_audit_events": erased.n_audit_events,
    }
    print_result(
        result,
        as_json,
        lambda r: f"Erased: {r['n_ledger_rows']} ledger rows, {r['n_audit_events']} audit events.",
    )


@command.command("expire")
@click.option("--before", required=True, type=DAY, help="The first day that stays, YYYY-MM-DD.")
@click.option(
    "--table", "tables", multiple=True, help="stays, trips, results ...; repeat. All when left out."
)
@click.option("--reason", required=True, help="The rule that asks for it.")
@json_option
def expire(before: date, tables: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Delete the days of the ledger before a day. It cannot be undone."""
    open_records("tongzhou vault expire")
    from tongzhou.core.access import system_actor
    from tongzhou.ledger.schemas import TABLES, WITHDRAWALS
    from tongzhou.server.playbooks.erasure import expire_days

    dated = tuple(name for name in TABLES if name != WITHDRAWALS.name)
    gone = expire_days(system_actor("command-line"), tables or dated, before, reason)
    result = {"before": before, "rows": gone}
    print_result(
        result,
        as_json,
        lambda r: "\n".join(f"{name}: {n:,} rows deleted" for name, n in r["rows"].items()),
    )
