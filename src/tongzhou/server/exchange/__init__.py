"""Import and export: files in, records out, bad rows back as a file with reasons. Re-import is safe.

Reads and writes through the owning apps' actions; keeps only the account of each run.
"""
