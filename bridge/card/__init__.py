"""What a card can do, and its two forms: a PKCS#11 token and a folder of PKCS#12 files."""
