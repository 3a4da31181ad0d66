"""Public pages: bulletins, same-trip lookup, and a resident's own orders.

Never shows a person, a plate or a door; publishes only what an officer released.
"""
