"""What the page says, by language; one that has no words here says them in French."""

from __future__ import annotations

from typing import Final

Words = dict[str, str]

FIRST: Final = "fr"
WORDS: Final[dict[str, Words]] = {
    "fr": {
        "title": "Wi-Fi public",
        "welcome": "Bienvenue",
        "lead": "L'internet des visiteurs, offert par la mairie.",
        "lead_voucher": "L'internet des visiteurs. Demandez un code à l'accueil.",
        "limits": "{hours} h par connexion, {data} par appareil.",
        "limits_voucher": "{data} par code, sur un appareil à la fois.",
        "terms": "Conditions d'utilisation",
        "agree": "En continuant, vous acceptez les conditions ci-dessous.",
        "accept": "Accepter et se connecter",
        "code": "Votre code",
        "hint": "8 caractères, par exemple {example}",
        "languages": "Langues",
        "open": "Vous êtes connecté",
        "until": "Jusqu'à {time}. Il vous reste {left}.",
        "go": "Vous pouvez fermer cette page et naviguer.",
        "spent": "Votre volume est épuisé",
        "spent_more": "Vous pourrez vous reconnecter à {time}.",
        "spent_code": "Demandez un autre code à l'accueil.",
        "wrong": "Ce code n'est pas connu. Vérifiez les caractères, puis essayez encore.",
        "ended": "Ce code a expiré. Demandez-en un autre à l'accueil.",
        "revoked": "Ce code a été annulé. Demandez-en un autre à l'accueil.",
        "patience": "Trop d'essais. Attendez une minute, puis essayez encore.",
        "closed": "La connexion n'a pas pu s'ouvrir. Réessayez dans un instant.",
        "nobody": "Votre appareil n'a pas été reconnu. Reconnectez-le au réseau, puis réessayez.",
        "GB": "Go",
        "MB": "Mo",
        "decimal": ",",
    },
    "en": {
        "title": "Public Wi-Fi",
        "welcome": "Welcome",
        "lead": "Internet for visitors, offered by the town hall.",
        "lead_voucher": "Internet for visitors. Ask for a code at the reception.",
        "limits": "{hours} h per connection, {data} per device.",
        "limits_voucher": "{data} per code, on one device at a time.",
        "terms": "Terms of use",
        "agree": "By continuing you accept the terms below.",
        "accept": "Accept and connect",
        "code": "Your code",
        "hint": "8 characters, such as {example}",
        "languages": "Languages",
        "open": "You are connected",
        "until": "Until {time}. You have {left} left.",
        "go": "You can close this page and browse.",
        "spent": "Your data is used up",
        "spent_more": "You can connect again at {time}.",
        "spent_code": "Ask for another code at the reception.",
        "wrong": "This code is not known. Check the characters, then try again.",
        "ended": "This code has expired. Ask for another one at the reception.",
        "revoked": "This code was cancelled. Ask for another one at the reception.",
        "patience": "Too many tries. Wait a minute, then try again.",
        "closed": "The connection could not be opened. Try again in a moment.",
        "nobody": "Your device was not recognised. Connect it to the network again, then retry.",
        "GB": "GB",
        "MB": "MB",
        "decimal": ".",
    },
}


def words_of(code: str) -> tuple[str, Words]:
    """Return the language of the words and the words for a language of the terms."""
    return (code, WORDS[code]) if code in WORDS else (FIRST, WORDS[FIRST])


def size(count: int, words: Words) -> str:
    """Return bytes for a person: ``1,2 Go``."""
    value, unit = (count / 10**9, "GB") if count >= 10**9 else (count / 10**6, "MB")
    text = f"{value:.1f}".removesuffix(".0") if unit == "GB" else f"{value:.0f}"
    return f"{text.replace('.', words['decimal'])}\u00a0{words[unit]}"
