"""The firewall in the words of nft(8): what follows from the plan, chain by chain."""
