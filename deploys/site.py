"""Everything a host needs, in order; each brick with the reason for its place.

Runs as ``pyinfra @local deploys/site.py`` on the host itself, and as plain
``pyinfra inventories/<territory>.py deploys/site.py`` from a technician's machine.
"""

from __future__ import annotations

import importlib

from pyinfra.context import host

from mairie.host.deploy import bricks_to_deploy, conclude

BRICKS: dict[str, str] = {
    "base": "first: everything after it relies on names, accounts, time and packages being right",
    "network": "before vpn: a tunnel needs an uplink, and no port may open before the firewall",
    "vpn": "after network: it calls the hub through the uplinks, under the firewall's rules",
    "hub": "after vpn: it answers to communes whose tunnels exist by then",
    "wifi": "after network: it answers in a segment, through the firewall, tunnel or no tunnel",
    "lessons": "after wifi: it puts networks on the air through the radios that run by then",
    "portal": "after network: it fills the firewall's list of visitors; without it, none gets out",
    "records": "after network: it writes down what the firewall translates, from the first visitor",
    "voip": "after vpn: other communes are called through the tunnel; calls inside need none",
    "phones": "after voip: a phone that gets its file finds the telephone system it registers at",
    "mail": "after voip: it sends, under that one's account, what the telephone system took down",
    "backup": "last: the first copy of a host is of a host that is complete, through its tunnel",
}
"""Name of each brick to the reason for its place."""

wanted = bricks_to_deploy()
for brick in host.loop([brick for brick in BRICKS if brick in wanted]):
    importlib.import_module(f"deploys.{brick}").deploy()
conclude()
