# SPDX-License-Identifier: GPL-3.0-or-later
"""What a screen reader sees of a program (AT-SPI): find a control by its name and role, say where it is on the screen."""
import re
import socket
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, Gio, GLib  # noqa: E402


def wait_for_bus(seconds: float = 30):
    """Until the accessibility bus takes connections: its launcher needs a while on a busy machine, and Atspi asks only once."""
    session, end = Gio.bus_get_sync(Gio.BusType.SESSION), time.monotonic() + seconds
    while True:
        try:
            address = session.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", None, None, Gio.DBusCallFlags.NONE, 5000).unpack()[0]
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(re.search("unix:path=([^,]*)", address).group(1))
            return
        except (GLib.Error, OSError, AttributeError):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


wait_for_bus()


def application(name: str):
    desktop = Atspi.get_desktop(0)
    for i in range(desktop.get_child_count()):
        child = desktop.get_child_at_index(i)
        if child and child.get_name() == name:
            return child
    return None


def showing(node) -> bool:
    states = node.get_state_set()
    return states.contains(Atspi.StateType.SHOWING) and states.contains(Atspi.StateType.VISIBLE)


def walk(node, limit: int = 5000):
    """Depth first over what is shown; item views contribute what they have in sight."""
    stack, seen = [node], 0
    while stack and seen < limit:
        node = stack.pop()
        seen += 1
        try:
            yield node
            count = min(node.get_child_count(), 400)
            stack.extend(child for child in (node.get_child_at_index(i) for i in reversed(range(count))) if child)
        except GLib.Error:
            continue  # it went away while we looked


def find(root, name: str, role: str | None = None):
    """The first shown control whose name matches the whole expression (and whose role name does, when given)."""
    pattern = re.compile(name)
    for node in walk(root):
        try:
            if pattern.fullmatch(node.get_name() or "") and (role is None or node.get_role_name() == role) and showing(node):
                return node
        except GLib.Error:
            continue
    return None


def centre(node) -> tuple[int, int]:
    box = node.get_extents(Atspi.CoordType.SCREEN)
    return box.x + box.width // 2, box.y + box.height // 2


def names(root) -> list[str]:
    return [f"{node.get_role_name()}: {node.get_name()}" for node in walk(root) if node.get_name() and showing(node)]
