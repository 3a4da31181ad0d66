"""Read a file of others into the records; bad rows come back with reasons, re-import changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tongzhou.cli.main import EXIT_DONE, EXIT_REJECTED_ROWS
from tongzhou.cli.output import json_option, print_result
from tongzhou.cli.records import open_records

COUNTED = ("n_read", "n_accepted", "n_unchanged", "n_rejected")


def _override(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    for pair in value:
        if "=" not in pair:
            raise click.BadParameter(f"{pair!r} is not FIELD=COLUMN.", ctx, param)
    return dict(pair.split("=", 1) for pair in value)


@click.command("import")
@click.argument("kind")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Read and report; write nothing.")
@click.option(
    "--map",
    "overrides",
    multiple=True,
    metavar="FIELD=COLUMN",
    callback=_override,
    help="Say which column holds a field.",
)
@click.option("--area", "area_code", default="", help="Area of rows that name none.")
@click.option("--laboratory", default="", help="Code of the laboratory (kind results).")
@json_option
def command(
    kind: str,
    files: tuple[Path, ...],
    is_dry_run: bool,
    overrides: dict[str, str],
    area_code: str,
    laboratory: str,
    as_json: bool,
) -> int:
    """Read FILES of a KIND into the records.

    Kinds: city-daily, case-details, same-trip, tracks, routes, results, areas. Tables that belong together
    (case-details, routes) are given together and told apart by their columns. Imported cases of the past
    keep their own dates: no clock of today starts for them.
    """
    open_records("tongzhou import")
    from tongzhou.core.access import system_actor
    from tongzhou.server.exchange.actions import ImportOptions, run_import
    from tongzhou.server.exchange.queries import account_of

    options = ImportOptions(overrides, is_dry_run, area_code, laboratory)
    runs = run_import(system_actor("command-line"), kind, files, options)
    accounts = [account_of(run) for run in runs]
    totals = {name: sum(account[name] for account in accounts) for name in COUNTED}
    print_result({"kind": kind, "is_dry_run": is_dry_run, **totals, "runs": accounts}, as_json, _as_text)
    return EXIT_REJECTED_ROWS if totals["n_rejected"] else EXIT_DONE


def _as_text(result: dict[str, Any]) -> str:
    return "\n\n".join(_account_text(account) for account in result["runs"])


def _account_text(account: dict[str, Any]) -> str:
    lines = [
        f"{account['file']} ({account['kind']}{', dry run: nothing written' if account['is_dry_run'] else ''})"
    ]
    for table, columns in account["mapping"].items():
        lines.append(
            f"  columns of {table}: " + ", ".join(f"{name} <- {column}" for name, column in columns.items())
        )
    lines.append(
        f"  {account['n_read']:,} rows read: {account['n_accepted']:,} accepted, {account['n_unchanged']:,} unchanged, "
        f"{account['n_rejected']:,} rejected"
    )
    word = "would be written" if account["is_dry_run"] else "written"
    lines.append(f"  {word}: " + ", ".join(f"{n:,} {kind}" for kind, n in account["records"].items()))
    lines += [f"  note: {finding['message']}" for finding in account["findings"]]
    if account["rejects_path"]:
        lines.append(f"  rejected rows with reasons: {account['rejects_path']}")
    return "\n".join(lines)
