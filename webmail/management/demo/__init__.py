"""The sample practice that `make demo` runs: its people, its letters and its processes.

Each module does what a person or an administrator would do from outside: issue cards, open accounts by the bridge and
the web routes, send letters by LMTP. Nothing here reaches into the server's database.
"""
