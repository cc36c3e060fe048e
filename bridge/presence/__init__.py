"""Whether the person is still there: the screen is locked, or the computer sleeps. Then every session ends.

One interface (`watch.Watch`), a module per source: logind over D-Bus, the clocks, Windows messages, macOS notifications.
"""
