"""Debian packages that a commune needs and Debian 13 does not have: what goes into them."""
