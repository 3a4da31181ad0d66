"""The `tongzhou` command.

Owns arguments, printing and exit codes. A command is: arguments, validate, call the library or the server,
print. Never holds a rule, a formula or a query of its own.
"""
