"""The command room: situation, map, boards, search, live events. Owns no records; reads every app's queries."""
