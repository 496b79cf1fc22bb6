"""One inventory file per commune becomes a complete, conforming town hall network."""
