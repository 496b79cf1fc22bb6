"""What can go wrong with the lab, said in sentences."""


class LabError(Exception):
    """The lab cannot do what was asked; the message is one or more sentences for a person."""
