"""Connections are found by their client, ended, and bounded by what listens."""

import os
import socket

import pytest

from openrisk.server.sockets import SEND_BUFFER, STALLED_SECONDS, end_connection, limit_connections


@pytest.fixture
def connected():
    """A listener, and both ends of a connection to it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        limit_connections()
        with socket.create_connection(listener.getsockname(), timeout=20) as client:
            server, _ = listener.accept()
            with server:
                yield server, client


def test_a_connection_is_ended_by_the_address_of_its_client(connected):
    _, client = connected
    host, port = client.getsockname()
    assert end_connection(f"{host}:{port}")
    assert client.recv(1) == b""


def test_no_other_connection_is_ended(connected):
    server, client = connected
    assert not end_connection("192.0.2.1:1")
    server.sendall(b"x")
    assert client.recv(1) == b"x"


def test_what_the_system_keeps_for_a_client_is_bounded(connected):
    server, _ = connected
    kept = server.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    assert kept in (SEND_BUFFER, 2 * SEND_BUFFER)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        stalled = server.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert stalled == STALLED_SECONDS * 1000


def test_a_number_that_means_a_file_by_then_is_given_back(connected, monkeypatch):
    duplicate = os.dup
    with open(os.devnull) as file:  # noqa: PTH123  its number is what is needed
        monkeypatch.setattr(os, "dup", lambda number: duplicate(file.fileno()))
        before = len(os.listdir("/dev/fd"))  # noqa: PTH208  numbers, not paths
        assert not end_connection("127.0.0.1:1")
        assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208  as above
