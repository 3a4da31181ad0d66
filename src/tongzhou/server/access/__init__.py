"""Who may do what, where, and for which purpose: accounts, roles, holdings of posts, break-glass.

Nobody bypasses it, and the system's own work is named too. Absent and forbidden look alike outside;
the decision log knows why.
"""
