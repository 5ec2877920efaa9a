"""Decides from a table of our own which addresses of the internet are public.

Python's `is_global` follows a copy of the same registries that changes between its releases.
"""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Networks = tuple[Network, ...]

# Sources: "IANA IPv4 Special-Purpose Address Registry" (RFC 6890, 8190), all that is not globally
# reachable there, and "IPv4 Multicast Address Space Registry" (224.0.0.0/4).
# 192.0.0.0/24 is refused whole: its two anycast addresses serve no reports.
RESERVED_IPV4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
# Source: "Internet Protocol Version 6 Address Space": the only block of global unicast. What lies
# outside of it (loopback, unique local, link local, site local, multicast, mapped) is refused.
GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
# Source: "IANA IPv6 Special-Purpose Address Registry", what lies in that block. 2001::/23 holds
# protocol assignments, Teredo among them; 2002::/16 is 6to4: both lead to an IPv4 address.
RESERVED_IPV6 = tuple(
    ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # leads to the IPv4 address in its last 32 bits


def is_reachable(address: Address, allowed: Networks = ()) -> bool:
    """Whether requests may go there: it is public or in an allowed network."""
    address = _without_mapping(address)
    return any(address in network for network in allowed) or is_public(address)


def is_public(address: Address) -> bool:
    """Whether it belongs to a single machine in the public internet."""
    address = _without_mapping(address)
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in RESERVED_IPV4)
    if address in NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address in GLOBAL_IPV6 and not any(address in network for network in RESERVED_IPV6)


def _without_mapping(address: Address) -> Address:
    """The IPv4 address that the system connects to for `::ffff:a.b.c.d`."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
