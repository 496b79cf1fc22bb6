"""What a person writes: pydantic models of the inventory files."""
