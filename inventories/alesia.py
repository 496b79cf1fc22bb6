"""The territory alesia for plain pyinfra."""

from mairie.plain import hosts_and_groups

globals().update(hosts_and_groups(__file__))
