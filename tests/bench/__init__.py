"""Every budget of the project, measured; nothing here asserts a time."""
