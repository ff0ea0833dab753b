"""Whether an address is this machine's own."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address in numbers; a name is none."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def is_loopback_host(host: str) -> bool:
    """The same of an address to listen at as it is set: the name localhost counts, too."""
    return host == "localhost" or is_loopback(host)
