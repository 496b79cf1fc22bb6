"""The page as HTML: one file without script, image or font from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import time
from html import escape

from mairie_portal.desk import Answer, Standing
from mairie_portal.settings import Settings, Terms
from mairie_portal.words import Words, size, words_of

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
.page { max-width: 30rem; margin: 0 auto; padding: 1.25rem 1rem 2rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem; justify-content: flex-end; list-style: none;
  margin: 0 0 1rem; padding: 0; }
nav a { display: block; padding: .5rem .75rem; border-radius: .5rem; color: var(--blue); }
nav a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none;
  background: var(--card); }
main { background: var(--card); border: 1px solid var(--line); border-radius: 1rem;
  padding: 1.5rem 1.25rem; }
.place { margin: 0; color: var(--soft); font-weight: 600; }
h1 { margin: .125rem 0 .75rem; font-size: 1.75rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { font-size: 1.125rem; margin: 0; }
p { margin: 0 0 .75rem; }
.soft { color: var(--soft); }
.good { color: var(--good); }
.said { border-left: .25rem solid var(--bad); background: var(--bad-ground); color: var(--bad);
  padding: .75rem; border-radius: .25rem; }
form { margin: 1.25rem 0; }
label { display: block; font-weight: 600; }
input { width: 100%; padding: .75rem; margin: .25rem 0; font: inherit; font-size: 1.375rem;
  letter-spacing: .125em; text-transform: uppercase; color: inherit; background: transparent;
  border: 2px solid var(--soft); border-radius: .5rem; }
button { width: 100%; min-height: 3.25rem; padding: .75rem; margin-top: .5rem; font: inherit;
  font-weight: 700; color: var(--on-blue); background: var(--blue); border: 0;
  border-radius: .75rem; cursor: pointer; }
a:focus-visible, button:focus-visible, input:focus-visible, summary:focus-visible {
  outline: 3px solid var(--blue); outline-offset: 3px; }
details { border-top: 1px solid var(--line); padding-top: .5rem; }
summary { padding: .5rem 0; cursor: pointer; }
summary h2 { display: inline; }
.terms { font-size: .9375rem; }
.terms ul { padding-left: 1.125rem; margin: 0 0 .75rem; }
.terms li { margin-bottom: .375rem; }
"""
POLICY = (
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; style-src "
    f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)
"""Nothing is fetched and nothing runs but what this page says itself (CSP level 3)."""
EXAMPLE = "K7QF\u20113MXP"
REFUSALS = ("wrong", "ended", "revoked", "patience", "closed", "nobody")


def language(settings: Settings, wanted: str) -> Terms:
    """Return the terms in a language; in the first one when there are none in that."""
    known = {each.code: each for each in settings.languages}
    return known.get(wanted, settings.languages[0])


def page(settings: Settings, wanted: str, standing: Standing, answer: Answer | str = "") -> str:
    """Return the whole page.

    Args:
        settings: of the portal.
        wanted: code of the language asked for.
        standing: where the device stands.
        answer: what came of its last request; ``nobody`` when it could not be told apart.

    """
    terms = language(settings, wanted)
    code, words = words_of(terms.code)
    if standing.session is not None and standing.session.voucher is None and not standing.is_open:
        body = _spent(standing, words)
    elif standing.is_open:
        body = _open(standing, words)
    else:
        body = _form(settings, terms, words, "spent" if standing.session else answer)
    places = dict.fromkeys((settings.commune, settings.site))
    return (
        f'<!DOCTYPE html>\n<html lang="{code}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(words['title'])} – {escape(settings.commune)}</title>\n"
        f'<style>{STYLE}</style>\n</head>\n<body>\n<div class="page">\n'
        f"{_languages(settings, terms, words)}"
        f'<main>\n<p class="place">{escape(" · ".join(places))}</p>\n'
        f"<h1>{escape(words['welcome'])}</h1>\n"
        f"{body}{_terms(terms, words)}</main>\n</div>\n</body>\n</html>\n"
    )


def _languages(settings: Settings, chosen: Terms, words: Words) -> str:
    items = "".join(
        f'<li><a href="/?lang={escape(each.code)}" lang="{escape(each.code)}" '
        f'hreflang="{escape(each.code)}"{_current(each is chosen)}>{escape(each.language)}</a></li>'
        for each in settings.languages
    )
    return f'<nav aria-label="{escape(words["languages"])}"><ul>{items}</ul></nav>\n'


def _current(here: bool) -> str:
    return ' aria-current="true"' if here else ""


def _form(settings: Settings, terms: Terms, words: Words, answer: str) -> str:
    voucher = settings.mode == "voucher"
    kind = "_voucher" if voucher else ""
    limits = words[f"limits{kind}"].format(
        hours=settings.seconds // 3600, data=size(settings.data_bytes, words)
    )
    said = ""
    if answer == "spent":
        said = f"{words['spent']}. {words['spent_code']}"
    elif answer in REFUSALS:
        said = words[answer]
    asked = (
        f'<label for="code">{escape(words["code"])}</label>\n'
        f'<p class="soft" id="hint">{escape(words["hint"].format(example=EXAMPLE))}</p>\n'
        '<input id="code" name="code" required maxlength="20" autocomplete="off" '
        'autocapitalize="characters" spellcheck="false" aria-describedby="hint">\n'
    )
    return (
        (f'<p class="said" role="alert">{escape(said)}</p>\n' if said else "")
        + f"<p>{escape(words[f'lead{kind}'])}</p>\n<p>{escape(words['agree'])}</p>\n"
        + f'<form method="post" action="/?lang={escape(terms.code)}">\n{asked if voucher else ""}'
        + f'<button type="submit">{escape(words["accept"])}</button>\n</form>\n'
        + f'<p class="soft">{escape(limits)}</p>\n'
    )


def _open(standing: Standing, words: Words) -> str:
    left = words["until"].format(time=_time(standing), left=size(standing.left_bytes, words))
    return (
        f'<p class="good" role="status"><strong>✓ {escape(words["open"])}</strong></p>\n'
        f"<p>{escape(left)}</p>\n<p>{escape(words['go'])}</p>\n"
    )


def _spent(standing: Standing, words: Words) -> str:
    more = words["spent_more"].format(time=_time(standing))
    said = f"<strong>{escape(words['spent'])}.</strong> {escape(more)}"
    return f'<p class="said" role="status">{said}</p>\n'


def _time(standing: Standing) -> str:
    return time.strftime("%H:%M", time.localtime(standing.session.until if standing.session else 0))


def _terms(terms: Terms, words: Words) -> str:
    code, _ = words_of(terms.code)
    other = f' lang="{escape(terms.code)}"' if terms.code != code else ""
    blocks = "".join(_block(block) for block in terms.text.split("\n\n") if block.strip())
    return (
        f"<details>\n<summary><h2>{escape(words['terms'])}</h2></summary>\n"
        f'<div class="terms"{other}>\n{blocks}</div>\n</details>\n'
    )


def _block(text: str) -> str:
    """Return a paragraph, or the list that follows one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    before = [line for line in lines if not line.startswith("- ")]
    items = [line[2:] for line in lines if line.startswith("- ")]
    said = f"<p>{'<br>'.join(escape(line) for line in before)}</p>\n" if before else ""
    listed = "".join(f"<li>{escape(item)}</li>" for item in items)
    return said + (f"<ul>{listed}</ul>\n" if items else "")
