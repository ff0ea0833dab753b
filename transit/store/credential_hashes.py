"""Passwords of trackers: made here, kept as hashes only, one hash for each kind of broker."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from functools import cache

import bcrypt

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread when somebody types it on a phone: no l, i, o, 0, 1
LENGTH = 20  # of 31 letters: 99 bits
MADE_COST = 5  # 2**5 rounds, 2 ms: 99 bits need no slowing down, and a fleet that logs in at once must not wait for it
CHOSEN_COST = 10  # 50 ms: a password that somebody thought of
MOSQUITTO_ROUNDS = 101  # mosquitto_passwd's own default
SALT_BYTES = 12
LONGEST = 72  # bytes of a password that bcrypt reads


def new_password() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def hash_for_nats(password: str, *, is_chosen: bool = False) -> str:
    """bcrypt, the only hash that nats-server knows. is_chosen: somebody thought of it."""
    rounds = CHOSEN_COST if is_chosen else MADE_COST
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds)).decode()


def fits_hash(password: str, nats_hash: str) -> bool:
    """Whether a hash is that of a password."""
    try:
        return bcrypt.checkpw(password.encode()[:LONGEST], nats_hash.encode())
    except ValueError:  # no hash of bcrypt's, or a password with a NUL
        return False


@cache
def nobodys_hash() -> str:
    """Of a password that nobody knows: to compare with where a user does not exist."""
    return hash_for_nats(new_password())


def hash_for_mosquitto(password: str) -> str:
    """PBKDF2 with SHA-512 as in a line of Mosquitto 2's password file (mosquitto_passwd(1)): $7$rounds$salt$hash."""
    salt = os.urandom(SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, MOSQUITTO_ROUNDS)
    return f"$7${MOSQUITTO_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
