"""Stands in, inside the host runtime, for a library that is imported there but never used.

The source of this module is copied under the names of those libraries (``paramiko``,
``pygments``): importing from it works, using what was imported raises a sentence.
"""


class Absent(Exception):  # noqa: N818 - some names of the absent library are caught as exceptions
    """Any name of the absent library: may be imported, subclassed and caught, not made."""

    def __init__(self, *_args: object, **_kwargs: object) -> None:
        raise RuntimeError(
            f"{type(self).__name__} of {__name__.partition('.')[0]} is not part of the runtime "
            "that mairie sends to hosts; on a host, use pyinfra's @local and plain text output."
        )


def __getattr__(name: str) -> type[Absent]:
    if name.startswith("__"):
        raise AttributeError(name)
    return type(name, (Absent,), {"__module__": __name__})
