"""RSA as a card does it: one exponentiation of one block, with the padding made outside (RFC 8017 §5.1.2, §5.2.1)."""

from cryptography.hazmat.primitives.asymmetric import rsa


def private_operation(key: rsa.RSAPrivateKey, block: bytes) -> bytes:
    """block^d mod n by the Chinese remainder theorem. Raises ValueError for a block not below the modulus."""
    secret = key.private_numbers()
    modulus = secret.public_numbers.n
    number = int.from_bytes(block, "big")
    if number >= modulus:
        raise ValueError("a block above the modulus")
    first, second = pow(number, secret.dmp1, secret.p), pow(number, secret.dmq1, secret.q)
    result = second + secret.q * (secret.iqmp * (first - second) % secret.p)
    return result.to_bytes((modulus.bit_length() + 7) // 8, "big")
