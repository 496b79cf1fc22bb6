"""Who of the public network had which address and translation when: recorded, kept, erased."""
