"""What follows from the inventory: pure functions to one HostPlan per host."""
