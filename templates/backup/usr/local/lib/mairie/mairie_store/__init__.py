"""The hub's side of the backups: keeps, guards, thins out and checks the copies of its hosts."""
