"""The page as HTML: one file without script, image or font from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from typing import Any

STYLE = """
:root { color-scheme: light dark; --ground: #eef2f6; --card: #fff; --ink: #16202b; --soft: #4a5866;
  --line: #c9d2dc; --blue: #0b4f9e; --on-blue: #fff; --bad: #a4161a; --bad-ground: #fdecec;
  --good: #0f6b3a; }
@media (prefers-color-scheme: dark) { :root { --ground: #10161d; --card: #1a232d; --ink: #eef2f6;
  --soft: #b4c0cc; --line: #3b4856; --blue: #8ec2ff; --on-blue: #0b1b2d; --bad: #ffb3b0;
  --bad-ground: #3a1a1c; --good: #7fdba6; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 1.0625rem/1.5 system-ui, sans-serif; }
main { max-width: 30rem; margin: 1.25rem auto; background: var(--card);
  border: 1px solid var(--line); border-radius: 1rem; padding: 1.5rem 1.25rem; }
.place { margin: 0; color: var(--soft); font-weight: 600; }
h1 { margin: .125rem 0 .75rem; font-size: 1.75rem; line-height: 1.2; }
p { margin: 0 0 .75rem; }
.soft { color: var(--soft); }
.good { color: var(--good); }
.said { border-left: .25rem solid var(--bad); background: var(--bad-ground); color: var(--bad);
  padding: .75rem; border-radius: .25rem; }
label { display: block; font-weight: 600; margin-top: .75rem; }
input, select { width: 100%; min-height: 3.25rem; padding: .75rem; margin: .25rem 0; font: inherit;
  font-size: 1.375rem; color: inherit; background: var(--card); border: 2px solid var(--soft);
  border-radius: .5rem; }
input { letter-spacing: .125em; text-transform: uppercase; }
button { width: 100%; min-height: 3.25rem; padding: .75rem; margin-top: .75rem; font: inherit;
  font-weight: 700; color: var(--on-blue); background: var(--blue);
  border: 2px solid var(--blue); border-radius: .75rem; cursor: pointer; }
button.second { color: var(--blue); background: transparent; }
button:focus-visible, input:focus-visible, select:focus-visible {
  outline: 3px solid var(--blue); outline-offset: 3px; }
"""
POLICY = (
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; style-src "
    f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)
"""Nothing is fetched and nothing runs but what this page says itself (CSP level 3)."""
LENGTHS = (15, 30, 45, 60, 90, 120, 180, 240, 300, 360, 480, 600)


def lengths(usual: int, longest: int) -> tuple[int, ...]:
    """Return the minutes that are offered."""
    return tuple(sorted({usual, *(each for each in LENGTHS if each <= longest)}))


def page(
    places: Iterable[str], usual: int, longest: int, standing: dict[str, Any], said: str = ""
) -> str:
    """Return the whole page.

    Args:
        places: commune and site.
        usual: minutes of a lesson.
        longest: minutes that a lesson may have.
        standing: as the switch tells it; empty when it does not answer.
        said: why the last request was refused.

    """
    on = bool(standing.get("on"))
    options = "".join(
        f'<option value="{each}"{" selected" if each == usual else ""}>{each} min</option>'
        for each in lengths(usual, longest)
    )
    asked = (
        '<label for="code">Code des enseignants</label>\n'
        '<input id="code" name="code" required maxlength="20" autocomplete="off" '
        'autocapitalize="characters" spellcheck="false">\n'
        '<label for="minutes">Durée, à partir de maintenant</label>\n'
        f'<select id="minutes" name="minutes">{options}</select>\n'
        f'<button type="submit" name="do" value="on">{"Prolonger" if on else "Allumer"}</button>\n'
    )
    off = '<button type="submit" name="do" value="off" class="second">Éteindre</button>\n'
    name = " · ".join(dict.fromkeys(places))
    return (
        '<!DOCTYPE html>\n<html lang="fr">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Wi-Fi de la classe – {escape(name)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f'<body>\n<main>\n<p class="place">{escape(name)}</p>\n<h1>Wi-Fi de la classe</h1>\n'
        + (f'<p class="said" role="alert">{escape(said)}</p>\n' if said else "")
        + _standing(standing)
        + f'<form method="post" action="/">\n{asked}{off if on else ""}</form>\n'
        '<p class="soft">Il s\'éteint de lui-même. Un registre garde chaque allumage.</p>\n'
        "</main>\n</body>\n</html>\n"
    )


def _standing(standing: dict[str, Any]) -> str:
    if not standing:
        return ""
    if not standing["on"]:
        return '<p role="status"><strong>Éteint.</strong></p>\n'
    minutes = -(-int(standing["seconds"]) // 60)
    wrong = (
        '<p class="said" role="alert">Une radio ne répond pas : prévenez la mairie.</p>\n'
        if standing["wrong"]
        else ""
    )
    return (
        f'<p class="good" role="status"><strong>✓ Allumé jusqu\'à {escape(standing["until"])}'
        f"</strong> (encore {minutes} min).</p>\n{wrong}"
    )
