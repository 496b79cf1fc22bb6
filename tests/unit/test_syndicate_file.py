"""Lines change, and no others."""

import pytest

from mairie.errors import MairieError
from mairie.syndicate_file import (
    add_peer,
    add_technician_peer,
    parse,
    remove_peer,
    remove_technician_peer,
)

HEAD = """\
# The syndicate.
name: Essai
technicians:
  ana:   # on call
    label: Ana
    ssh_keys:
      - ssh-ed25519 AAAA
    # her second key is lost
  # nobody else yet
"""
PEERS = """\
peers:
    phone: {label: Phone, index: 2, wireguard: A}   # braces, one line
    # spare
    laptop:
        label: Laptop
        index: 3
        wireguard: B
    # end of the peers
recipients: [age1]
"""
ENTRY = """\
  tab:
    label: Tab
    index: 4
    wireguard: C
"""
ADDED = {"label": "Tab", "index": 4, "wireguard": "C"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (HEAD, HEAD + "peers:\n" + ENTRY),
        (HEAD.rstrip("\n"), HEAD + "peers:\n" + ENTRY),
        (HEAD + "peers:\ndomain: x\n", HEAD + "peers:\n" + ENTRY + "domain: x\n"),
        (HEAD + "peers: {}\ndomain: x\n", HEAD + "peers:\n" + ENTRY + "domain: x\n"),
        (
            "peers:\n  a:\n    index: 2\n\n# The end.\nname: x\n",
            "peers:\n  a:\n    index: 2\n" + ENTRY + "\n# The end.\nname: x\n",
        ),
        ("peers:\n  a:\n    index: 2", "peers:\n  a:\n    index: 2\n" + ENTRY),
    ],
    ids=["none", "no newline at the end", "empty", "empty braces", "comments after", "last line"],
)
def test_a_peer_is_added(before: str, after: str) -> None:
    assert add_peer(before, "tab", "Tab", 4, "C") == after
    assert parse(after)["peers"]["tab"] == ADDED


def test_a_peer_takes_the_indentation_of_the_others() -> None:
    after = add_peer(HEAD + PEERS, "tab", "Tab", 4, "C")
    added = "    tab:\n      label: Tab\n      index: 4\n      wireguard: C\n"
    assert after.replace(added, "") == HEAD + PEERS
    assert parse(after)["peers"] == {**parse(PEERS)["peers"], "tab": ADDED}


@pytest.mark.parametrize(
    "label", ["a: b", "#1", "Téléphone d'astreinte", "yes", '"', "- x", "é" * 80]
)
def test_any_label_comes_back(label: str) -> None:
    assert parse(add_peer(HEAD, "tab", label, 4, "C"))["peers"]["tab"]["label"] == label


def test_adding_then_removing_gives_the_same_text() -> None:
    for text in (HEAD + PEERS, HEAD):
        assert remove_peer(add_peer(text, "tab", "Tab", 4, "C"), "tab") == text


@pytest.mark.parametrize("name", ["phone", "laptop"])
def test_a_peer_is_removed_alone(name: str) -> None:
    after = remove_peer(HEAD + PEERS, name)
    expected = parse(HEAD + PEERS)
    del expected["peers"][name]
    assert parse(after) == expected
    assert "# spare" in after
    assert "# end of the peers" in after


def test_a_technician_gets_a_peer_and_loses_it() -> None:
    after = add_technician_peer(HEAD + PEERS, "ana", 7, "K")
    assert after.replace("    index: 7\n    wireguard: K\n", "") == HEAD + PEERS
    assert parse(after)["technicians"]["ana"]["wireguard"] == "K"
    assert remove_technician_peer(after, "ana") == HEAD + PEERS


def test_windows_line_ends_stay() -> None:
    text = (HEAD + PEERS).replace("\n", "\r\n")
    after = add_peer(text, "tab", "Tab", 4, "C")
    assert parse(after)["peers"]["tab"] == ADDED
    assert after.startswith(text.split("# end of the peers", maxsplit=1)[0].rstrip(" "))
    assert "\r" not in remove_peer(after, "tab").replace("\r\n", "")


def test_braces_are_refused_and_unknown_names_too() -> None:
    for text in ("peers: {a: {index: 2}}\n", "peers: {\n  a: {index: 2}\n}\n"):
        with pytest.raises(MairieError, match="peers is written in braces"):
            add_peer(text, "tab", "Tab", 4, "C")
        with pytest.raises(MairieError, match="peers is written in braces"):
            remove_peer(text, "a")
    with pytest.raises(MairieError, match=r"technicians\.ana is written in braces"):
        add_technician_peer("technicians:\n  ana: {label: Ana}\n", "ana", 2, "K")
    with pytest.raises(KeyError):
        remove_peer(HEAD, "nobody")
    with pytest.raises(KeyError):
        add_technician_peer(HEAD, "nobody", 2, "K")
