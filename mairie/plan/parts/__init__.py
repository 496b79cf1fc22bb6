"""Parts of a HostPlan, one module a brick: plain data, also on the host, so dataclasses only."""
