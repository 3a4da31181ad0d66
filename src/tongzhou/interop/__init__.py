"""Codecs: files and texts of others in, typed records and a report of everything refused out.

Pure: bytes, paths and strings in; polars frames and dataclasses out. Owns what foreign columns, words and
formats mean. Never writes to the ledger or a database, never guesses silently, never drops a row without a
line in the report. Area lists and the current day are arguments.
"""
