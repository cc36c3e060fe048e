from tests.vcard.fixtures import pcsc, stack  # noqa: F401
