"""Which addresses may be dialled: the guard against links that make us ask inside somebody's network.

It judges the numeric address a name resolved to, never the name: so one rule catches every spelling of 127.0.0.1.
"""

import ipaddress
from collections.abc import Sequence

import httpx

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# IANA IPv4 and IPv6 Special-Purpose Address Registries (read 2026-11). Written out, because what Python calls
# `is_global` differs between patch releases (3.11.7 lacks several of these), and because some are public on paper only.
_REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers; also the metadata service of one cloud
        "127.0.0.0/8",
        "168.63.129.16/32",  # a public address that Azure uses inside its hosts
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # IETF protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4: wraps any IPv4 address
        "3fff::/20",  # documentation
    )
)
# The only block of IPv6 that is given out for the public net (RFC 4291, 2.4). Outside it lie loopback, private and
# link-local addresses, and all that wrap an IPv4 address (mapped, compatible, NAT64): nobody serves news from there.
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")


class BlockedAddressError(httpx.ConnectError):
    """The name leads to an address that is not public."""


def is_in(address: str, networks: Sequence[Network]) -> bool:
    """Whether a numeric address lies in one of the networks; one with a zone ("fe80::1%eth0") lies in none."""
    if "%" in address:
        return False
    ip = ipaddress.ip_address(address)
    return any(ip in network for network in networks)


def is_public(address: str) -> bool:
    """Whether a numeric address belongs to the public internet."""
    if "%" in address:
        return False
    ip = ipaddress.ip_address(address)
    if ip.version == 6 and ip not in _GLOBAL_IPV6:
        return False
    return ip.is_global and not any(ip in network for network in _REFUSED)


def check_addresses(host: str, addresses: Sequence[str], allow_networks: Sequence[Network]) -> None:
    """Let pass what a name resolved to, whole or not at all: an answer that mixes is an attack or a mistake.

    Raises:
        BlockedAddressError: one of `addresses` is neither public nor in `allow_networks`.
    """
    for address in addresses:
        if not is_in(address, allow_networks) and not is_public(address):
            raise BlockedAddressError(f"{host} leads to {address}, which is not public")
