"""One module per command: `<name_with_underscores>.py` holds a click command named `command`.

The first line of the module's docstring is the line of help. Heavy imports stand inside the function, so that
help stays quick.
"""
