"""Asking a person, outside the browser: a PIN, a consent, a pairing. The page never sees the answer (PIN rules 1-10).

One interface (`requests.Prompter`); a prompt says who asks, which reader and card, for what, and how many tries are left.
"""
