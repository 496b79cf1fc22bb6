"""What can stop these programs."""


class StoreError(Exception):
    """A French sentence for a person: what is wrong and what to do."""
