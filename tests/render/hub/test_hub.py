"""What brick hub writes."""

from collections.abc import Callable

from mairie.render import RenderedFile


def test_hub(compare: Callable[[str, str], None]) -> None:
    compare("hub", "hub")


def test_a_gateway_gets_nothing(
    rendered: Callable[[str, str], dict[str, RenderedFile]],
) -> None:
    assert rendered("hub", "rurutu-mairie-gw") == {}
