"""Which addresses may be dialled."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.fetch.guard import BlockedAddressError, check_addresses, is_in, is_public

REFUSED = (
    "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.255 168.63.129.16 169.254.169.254 "
    "172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.9 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.7 "
    "203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 "
    ":: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 "
    "100::1 2001::1 2001:0:7f00:1:: 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 "
    "5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 2606:4700::1%eth0 fec0::1 ff02::1"
).split()
ALLOWED = (
    "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 169.253.1.1 "
    "172.15.255.255 "
    "172.32.0.1 192.0.3.1 192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.1 223.255.255.255 "
    "2001:4860:4860::8888 2606:4700:4700::1111 2a00:1450:4001::1"
).split()


def test_addresses_that_are_not_public_are_told_from_those_that_are() -> None:
    assert {address: is_public(address) for address in (*REFUSED, *ALLOWED)} == {
        **dict.fromkeys(REFUSED, False),
        **dict.fromkeys(ALLOWED, True),
    }


def test_one_bad_address_refuses_the_whole_answer() -> None:
    with pytest.raises(BlockedAddressError, match=r"mixed\.example leads to 10\.0\.0\.1"):
        check_addresses("mixed.example", ["8.8.8.8", "10.0.0.1"], ())


def test_allowed_networks_open_themselves_and_nothing_else() -> None:
    allowed = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00::/64")]

    check_addresses("intranet.example", ["10.1.2.3", "fd00::7", "8.8.8.8"], allowed)

    assert [is_in(address, allowed) for address in ("10.2.0.1", "::ffff:10.1.2.3", "fd00::7%eth0", "10.1.0.9")] == [
        False,
        False,
        False,
        True,
    ]


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_gets_through_wrapped_in_ipv6(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    wrapped = [
        number,  # compatible
        0xFFFF << 32 | number,  # mapped
        0x0064FF9B << 96 | number,  # NAT64
        0x2002 << 112 | number << 80,  # 6to4
        0x20010000 << 96 | (number ^ 0xFFFFFFFF),  # Teredo
    ]

    assert [is_public(str(ipaddress.IPv6Address(address))) for address in wrapped] == [False] * 5
