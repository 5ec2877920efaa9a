"""Which addresses requests may go to, over the whole tables of IANA."""

from ipaddress import ip_address, ip_network

import pytest

from marketplace.network.addresses import is_public, is_reachable

# IANA IPv4 Special-Purpose Address Registry: (block, globally reachable).
IPV4 = [
    *(("0.0.0.0/8", False), ("0.0.0.0/32", False), ("10.0.0.0/8", False)),
    *(("100.64.0.0/10", False), ("127.0.0.0/8", False), ("169.254.0.0/16", False)),
    *(("172.16.0.0/12", False), ("192.0.0.0/24", False), ("192.0.0.0/29", False)),
    *(("192.0.0.8/32", False), ("192.0.0.170/32", False), ("192.0.0.171/32", False)),
    *(("192.0.2.0/24", False), ("192.31.196.0/24", True), ("192.52.193.0/24", True)),
    *(("192.88.99.0/24", False), ("192.168.0.0/16", False), ("192.175.48.0/24", True)),
    *(("198.18.0.0/15", False), ("198.51.100.0/24", False), ("203.0.113.0/24", False)),
    *(("240.0.0.0/4", False), ("255.255.255.255/32", False)),
]
# The same for IPv6. Teredo and 6to4 are "not applicable" there: both lead to an IPv4 address.
IPV6 = [
    *(("::1/128", False), ("::/128", False), ("64:ff9b:1::/48", False), ("100::/64", False)),
    *(("100:0:0:1::/64", False), ("2001::/32", False), ("2001:2::/48", False)),
    *(("2001:10::/28", False), ("2001:db8::/32", False), ("2002::/16", False)),
    *(("2620:4f:8000::/48", True), ("3fff::/20", False), ("5f00::/16", False)),
    *(("fc00::/7", False), ("fe80::/10", False)),
]
# Of other registries, and what machines in clouds ask for their secrets.
OTHERS = [
    *(("224.0.0.0/4", False), ("ff00::/8", False), ("fec0::/10", False), ("::/96", False)),
    *(("192.0.0.192/32", False), ("169.254.169.254/32", False), ("fd00:ec2::254/128", False)),
    *(("93.184.215.14/32", True), ("2606:2800:21f:cb07:6820:80da:af6b:8b2c/128", True)),
    *(("2600::/12", True), ("8.8.8.0/24", True), ("1.1.1.1/32", True)),
]
# Allocated of the protocol assignments (2001::/23); nothing in it serves reports.
ASSIGNMENTS = ["2001:1::1", "2001:3::1", "2001:4:112::1", "2001:20::1", "2001:30::1"]


@pytest.mark.parametrize(("block", "reachable"), [*IPV4, *IPV6, *OTHERS])
def test_the_registries_decide(block, reachable):
    network = ip_network(block)
    for address in (network[0], network[network.num_addresses // 2], network[-1]):
        assert is_public(address) is reachable, address


@pytest.mark.parametrize("block", [block for block, reachable in IPV4 if not reachable])
def test_an_address_that_only_leads_to_another_is_judged_by_it(block):
    inner = ip_network(block)[0]
    for text in (f"::ffff:{inner}", f"64:ff9b::{inner}", f"::{inner}"):
        assert not is_public(ip_address(text))
    assert is_public(ip_address("::ffff:93.184.215.14"))
    assert is_public(ip_address("64:ff9b::93.184.215.14"))


@pytest.mark.parametrize("address", ASSIGNMENTS)
def test_protocol_assignments_are_not_reached(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    ("allowed", "address", "reachable"),
    [
        ("10.1.0.0/16", "10.1.2.3", True),
        ("10.1.0.0/16", "::ffff:10.1.2.3", True),
        ("10.1.0.0/16", "10.2.0.1", False),
        ("10.1.0.0/16", "64:ff9b::10.1.2.3", False),
        ("10.1.0.0/16", "2002:0a01:0203::", False),
        ("fd00::/8", "fd00::1", True),
        ("fd00::/8", "fc00::1", False),
    ],
)
def test_what_is_allowed_is_what_was_named(allowed, address, reachable):
    assert is_reachable(ip_address(address), (ip_network(allowed),)) is reachable
