"""Passwords of people, kept as Argon2id hashes; looking one up takes the same time whether the name is known or not."""

from __future__ import annotations

import secrets
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from transit.store.credential_hashes import LETTERS

HASHER = PasswordHasher()  # RFC 9106's second choice: 64 MiB, three passes
AT_ONCE = BoundedSemaphore(1)  # of a process: many log-ins at once must not take the memory of the whole machine
WAIT_S = 3.0  # for one's turn
ONE_TIME_LENGTH = 16  # of 31 letters: 79 bits


class Busy(RuntimeError):
    """More log-ins at once than this process looks at."""


def hash_password(password: str) -> str:
    return HASHER.hash(password)


def is_password(password: str, hashed: str | None) -> bool:
    """hashed: None where nobody has that name, which takes as long as a wrong password. Raises Busy."""
    if not AT_ONCE.acquire(timeout=WAIT_S):
        raise Busy
    try:
        HASHER.verify(hashed or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    finally:
        AT_ONCE.release()
    return hashed is not None


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return HASHER.hash(secrets.token_hex(16))


def one_time_password() -> str:
    """To be typed once: at its first log-in another one must be chosen."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(ONE_TIME_LENGTH))
    return "-".join(letters[n : n + 4] for n in range(0, ONE_TIME_LENGTH, 4))
