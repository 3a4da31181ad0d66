"""Run an import: read, say what would happen, write through the owning apps, keep the account."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings

from tongzhou.core.access import Actor
from tongzhou.interop.columns import ROW
from tongzhou.interop.reports import Finding
from tongzhou.interop.tabular import FileFormat, TableSource, open_table, write_rejected
from tongzhou.server.access.actions import acting
from tongzhou.server.access.queries import require_anywhere
from tongzhou.server.access.rules import Permission
from tongzhou.server.exchange.importers.base import Batch, Importer, Reading, Tables, Written, assign_roles
from tongzhou.server.exchange.importers.registry import RESULTS, importer_of
from tongzhou.server.exchange.models import ImportRun
from tongzhou.server.kernel import clock
from tongzhou.server.kernel.models import Job
from tongzhou.server.labs.actions import open_laboratory
from tongzhou.server.labs.bulk import ResultFile, import_results
from tongzhou.server.labs.models import Laboratory

TOLD = 10
"""How many rejected rows the account of an import tells; the others stand in their file."""
UNNAMED = "UNNAMED"
"""Code of the laboratory of files that name none."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import: field -> column overrides, trial only, area of rows that name none, the job that runs it."""

    overrides: Mapping[str, str] = field(default_factory=dict)
    is_dry_run: bool = False
    area_code: str = ""
    laboratory: str = ""
    names: tuple[str, ...] = ()
    job: Job | None = None


def run_import(
    actor: Actor, kind: str, paths: Sequence[Path], options: ImportOptions | None = None
) -> list[ImportRun]:
    """Import files: one run for each, or one for all where the kind joins several tables.

    Needs: import.run (and what the owning actions need in the areas of the rows). Writes: ImportRun, and through
    the owning apps. Records: import.run. Importing a file again changes nothing.

    Raises
    ------
    InputError : unknown kind, unreadable file, wrong columns
    """
    options = options or ImportOptions()
    require_anywhere(actor, Permission.IMPORT_RUN)
    names = options.names or tuple(path.name for path in paths)
    if kind == RESULTS:
        return [_run_results(actor, path, name, options) for path, name in zip(paths, names, strict=True)]
    importer = importer_of(kind)
    tables = [open_table(path, name=name) for path, name in zip(paths, names, strict=True)]
    if len(importer.roles) > 1:
        return [_run_one(actor, importer, assign_roles(importer, tables), options)]
    role = importer.roles[0].name
    return [_run_one(actor, importer, {role: table}, options) for table in tables]


def _run_one(actor: Actor, importer: Importer, tables: Tables, options: ImportOptions) -> ImportRun:
    digest = digest_files([table.source for table in tables.values()])
    reading = importer.read(tables, options.overrides)
    batch = Batch(actor, f"{importer.kind}:{digest[:32]}", options.is_dry_run, options.area_code)
    written = importer.write(reading, batch)
    run = _account(importer, tables, reading, written)
    run.rejects_path = _write_rejects(run, tables, reading.rejected)
    return _keep(actor, run, digest, options)


def _keep(actor: Actor, run: ImportRun, digest: str, options: ImportOptions) -> ImportRun:
    run.file_digest, run.is_dry_run, run.requested_by = digest, options.is_dry_run, actor.account_id
    run.job, run.finished_at = options.job, clock.now()
    home = require_anywhere(actor, Permission.IMPORT_RUN).prefixes[0]
    run.area_code = options.area_code or home
    with acting(actor, Permission.IMPORT_RUN, run.area_code, "import.run", ("import", run.id)) as record:
        run.save(force_insert=True)
        record.detail = {"kind": run.kind, "digest": digest[:16], "written": run.mapping.get("records", {})}
    return run


def _run_results(actor: Actor, path: Path, name: str, options: ImportOptions) -> ImportRun:
    """Import a file of results, streamed: its rows are too many to hold."""
    code, area = options.laboratory or UNNAMED, options.area_code or settings.ROOT_AREA
    laboratory = Laboratory.objects.everything("by code").filter(code=code).first()
    if laboratory is None and not options.is_dry_run:
        laboratory = open_laboratory(actor, area, code, code)
    laboratory = laboratory or Laboratory(code=code, area_code=area)
    open_table(path, name=name)
    file = ResultFile(path, name, digest_files([path]), options.overrides)
    receipt = import_results(actor, laboratory, file, is_trial=options.is_dry_run)
    n_changed = 0 if receipt.is_repeat else receipt.n_accepted
    records = {
        "results": n_changed, "positives, unlinked": receipt.n_new_records, "test duties settled": receipt.n_settled,
    }  # fmt: skip
    told = f"{receipt.n_linked:,} linked to a person, {receipt.n_unlinked:,} not, {receipt.n_positive:,} positive."
    run = ImportRun(
        kind=RESULTS,
        file_name=name[:200],
        mapping={"columns": {RESULTS: receipt.mapping}, "records": records},
        n_read=receipt.n_read,
        n_accepted=n_changed,
        n_unchanged=receipt.n_accepted - n_changed,
        n_rejected=receipt.n_rejected,
        rejects_path=receipt.rejects_path,
        findings=[{"code": "linkage", "message": told}],
    )
    return _keep(actor, run, file.digest, options)


def _account(importer: Importer, tables: Tables, reading: Reading, written: Written) -> ImportRun:
    """Count rows: read = accepted + unchanged + rejected."""
    n_read = sum(count_rows(table) for table in tables.values())
    n_rejected = sum(report["row"].n_unique() for report in reading.rejected.values() if report.height)
    n_accepted = sum(len(rows) for rows in written.changed.values())
    findings = [_plain(finding) for finding in (*reading.findings, *written.findings)]
    findings += _told_rejections(reading.rejected, with_values=importer.is_public)
    if not n_read:
        findings.append({"code": "no_rows", "message": "The file has a header and no rows."})
    return ImportRun(
        kind=importer.kind,
        file_name=" + ".join(table.name for table in tables.values())[:200],
        mapping={"columns": reading.mapping, "records": written.records},
        n_read=n_read,
        n_accepted=n_accepted,
        n_unchanged=n_read - n_accepted - n_rejected,
        n_rejected=n_rejected,
        findings=findings,
    )


def _told_rejections(rejected: Mapping[str, pl.DataFrame], *, with_values: bool) -> list[dict[str, str]]:
    """Say of the first rejected rows where and why; the values stay in the file of rejected rows if personal."""
    rows = [row for report in rejected.values() for row in report.head(TOLD).iter_rows(named=True)][:TOLD]
    return [
        {
            "code": "rejected",
            "message": f"Row {row['row']}, {row['column'] or '-'}"
            + (f" {row['value']!r}" if with_values else "")
            + f": {row['reason']}.",
        }
        for row in rows
    ]


def _plain(finding: Finding) -> dict[str, str]:
    return {"code": finding.code, "message": finding.message}


def count_rows(table: TableSource) -> int:
    """Return how many records a file has, those included that could not be cut into columns."""
    return sum(batch.height for batch in table.batches()) + len(table.broken)


def digest_files(sources: Sequence[Any]) -> str:
    """Return the SHA-256 of files, one after the other."""
    digest = hashlib.sha256()
    for source in sources:
        if isinstance(source, bytes):
            digest.update(source)
            continue
        with Path(source).open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _write_rejects(run: ImportRun, tables: Tables, rejected: Mapping[str, pl.DataFrame]) -> str:
    """Write each table's rejected rows with their reasons; return the first file's path within the home folder."""
    folder = Path(settings.HOME) / "rejects"
    written = []
    for role, report in rejected.items():
        if report.is_empty():
            continue
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        rows = tables[role].read_all()
        suffix = ".xlsx" if tables[role].format is FileFormat.XLSX else ".csv"
        path = folder / f"{run.id}-{role}{suffix}"
        wanted = report["row"].unique().implode()
        file_format = FileFormat.XLSX if suffix == ".xlsx" else FileFormat.CSV
        write_rejected(path, rows.filter(pl.col(ROW).is_in(wanted)), report, file_format)
        written.append(path)
    if len(written) > 1:
        run.findings.append({"code": "rejects", "message": ", ".join(str(path) for path in written)})
    return str(written[0].relative_to(settings.HOME)) if written else ""
