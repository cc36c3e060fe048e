"""Certificates without I/O: reading, issuing and validating them, and the French health profile.

The server and the bridge both build on this package; it knows neither.
"""
