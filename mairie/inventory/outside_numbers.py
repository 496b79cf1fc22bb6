"""Numbers of the public network, as the numbering plan of a territory has them."""

from __future__ import annotations

from mairie.model.numbering import PhoneTerritory


def wrong_number(text: str, territory: PhoneTerritory) -> str | None:
    """Return why a number in E.164 is not one of a territory, or None.

    None too where the territory's own country is wrong, which is said elsewhere.
    Nothing is said of operators: a number moves from one to another and keeps its beginning.
    """
    import phonenumbers  # noqa: PLC0415 - large tables, needed only where there are phones

    if territory.country not in phonenumbers.SUPPORTED_REGIONS:
        return None
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        number = None
    if (
        number is not None
        and phonenumbers.is_valid_number(number)
        and phonenumbers.region_code_for_number(number) == territory.country
    ):
        return None
    example = phonenumbers.example_number(territory.country)
    shown = (
        f"; write one such as +{example.country_code}{example.national_number}" if example else ""
    )
    return f"{text} is not a number of the territory ({territory.label}){shown}"


def is_country(code: str) -> bool:
    """Tell whether a country has a numbering plan that is known."""
    import phonenumbers  # noqa: PLC0415 - the same

    return code in phonenumbers.SUPPORTED_REGIONS


def is_calendar(country: str, subdivision: str | None) -> bool:
    """Tell whether the public holidays of a country or a part of it are known."""
    from holidays import country_holidays  # noqa: PLC0415 - the same

    try:
        country_holidays(country, subdiv=subdivision)
    except NotImplementedError:
        return False
    return True
