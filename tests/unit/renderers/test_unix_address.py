"""Sockets in folders with long names."""

import socket

import pytest

from renderers.unix_address import unix_address


@pytest.mark.parametrize("length", [1, 60, 200])
def test_a_socket_is_reached_however_long_the_name_of_its_folder_is(tmp_path, length):
    folder = tmp_path / ("x" * length)
    folder.mkdir()

    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        with unix_address(folder / "socket") as address:
            listener.bind(address)
        listener.listen()
        with unix_address(folder / "socket") as address:
            client.connect(address)

        assert (folder / "socket").is_socket()
