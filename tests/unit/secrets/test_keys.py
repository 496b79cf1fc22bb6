import base64

import pytest

from mairie.secrets.keys import new_key_pair, new_preshared_key, public_key


def test_public_key_of_rfc_7748_vector() -> None:
    # RFC 7748 section 5.2: the scalar 9 and the base point 9, one iteration.
    private = (9).to_bytes(32, "little")
    public = bytes.fromhex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")
    assert base64.b64decode(public_key(base64.b64encode(private).decode())) == public


def test_a_new_pair_belongs_together_and_hides_its_private_half() -> None:
    pair = new_key_pair()
    assert public_key(pair.private) == pair.public
    assert pair.private not in repr(pair)


def test_two_keys_are_never_the_same() -> None:
    assert len({new_preshared_key() for _ in range(20)}) == 20
    assert all(len(base64.b64decode(new_preshared_key())) == 32 for _ in range(5))


def test_what_is_not_a_key_is_refused() -> None:
    with pytest.raises(ValueError):
        public_key("c2hvcnQ=")
