"""The socket on which the kernel tells another process its events."""

from __future__ import annotations

import ctypes
import os
import socket
from pathlib import Path

SOCKETS = Path("/proc/net/netlink")
PIDFD_GETFD = 438
"""Number of the system call, the same on every architecture (pidfd_getfd(2))."""
SO_RCVBUFFORCE = 33
"""Beyond ``net.core.rmem_max``, with CAP_NET_ADMIN (socket(7))."""


def told_on(process: int) -> int | None:
    """Return the descriptor of a process's netlink socket that is in a group; None: no such yet.

    The columns are those of proc_net_netlink: the fourth is the groups, the tenth the inode.
    """
    rows = map(str.split, SOCKETS.read_text().splitlines()[1:])
    told = {f"socket:[{row[9]}]" for row in rows if int(row[3], 16)}
    try:
        for descriptor in Path(f"/proc/{process}/fd").iterdir():
            if f"{descriptor.readlink()}" in told:
                return int(descriptor.name)
    except FileNotFoundError:
        pass  # it closes its files, or ends
    return None


def give_room(process: int, descriptor: int, size: int) -> None:
    """Let ``size`` bytes wait in a socket of a process of the same user.

    Raises OSError when the kernel does not let its descriptors be copied (ptrace(2)).
    """
    handle = os.pidfd_open(process)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        copy = libc.syscall(PIDFD_GETFD, handle, descriptor, 0)
    finally:
        os.close(handle)
    if copy < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    with socket.socket(fileno=copy) as shared:
        shared.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, size)
