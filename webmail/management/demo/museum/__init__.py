"""The museum of the sample practice: one message per dialect of S/MIME and per forgery, each with the state it must show.

`exhibits.py` is the table. A maker is a pure function of `Materials` and a subject, so that tests read the same messages
without a server; `hang.py` puts them into a folder of a mailbox, as a person would.
"""
