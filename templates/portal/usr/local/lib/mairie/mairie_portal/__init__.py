"""The visitors' portal: a page, sessions, vouchers, and the firewall that keeps to them."""
