"""One importer for each kind of file: what its columns mean (`interop`), and whose actions write it."""
