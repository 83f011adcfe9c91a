"""A slot opens with its own secret, and with nothing else."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.storage.slots import (
    KEY_BYTES,
    ScryptCost,
    Slot,
    SlotKind,
    WrongKeyError,
    keyring_slot,
    open_slot,
    passphrase_slot,
    recovery_slot,
    seal,
    unseal,
)
from tests.core.storage.samples import CHEAP

KEY = b"fake vault key, 32 bytes long ok"
ENTRY = b"fake entry of keyring 32 bytes.."
VAULT = "fake-vault"


def counting(length: int) -> bytes:
    """Not random, so that a test sees what was taken."""
    return bytes(range(length))


def by_passphrase(passphrase: str = "correct horse") -> Slot:
    return passphrase_slot(VAULT, KEY, passphrase, cost=CHEAP, random=counting)


def by_keyring() -> Slot:
    return keyring_slot(VAULT, KEY, ENTRY, random=counting)


def by_recovery() -> Slot:
    return recovery_slot(VAULT, KEY, b"0123456789abcdef", random=counting)


def test_each_slot_gives_the_vault_key() -> None:
    assert open_slot(VAULT, by_passphrase(), "correct horse") == KEY
    assert open_slot(VAULT, by_keyring(), ENTRY) == KEY
    assert open_slot(VAULT, by_recovery(), b"0123456789abcdef") == KEY


def test_the_same_letters_typed_otherwise_are_the_same_passphrase() -> None:
    assert open_slot(VAULT, by_passphrase("Caf\u00e9"), "Cafe\u0301") == KEY


@pytest.mark.parametrize(
    ("slot", "secret"),
    [
        pytest.param(by_passphrase(), "correct Horse", id="another passphrase"),
        pytest.param(by_passphrase(), "", id="an empty passphrase"),
        pytest.param(by_keyring(), ENTRY[::-1], id="another entry"),
        pytest.param(by_keyring(), b"", id="an empty entry"),
        pytest.param(by_keyring(), ENTRY[:31], id="an entry cut off"),
        pytest.param(by_keyring(), "text", id="a text for an entry"),
        pytest.param(by_recovery(), b"0123456789abcdeF", id="another recovery code"),
        pytest.param(replace(by_keyring(), kind=SlotKind.RECOVERY), ENTRY, id="another kind"),
        pytest.param(replace(by_keyring(), sealed=b""), ENTRY, id="nothing sealed"),
        pytest.param(replace(by_passphrase(), parameters="{}"), "correct horse", id="no salt"),
        pytest.param(replace(by_passphrase(), parameters="["), "correct horse", id="no JSON"),
        pytest.param(replace(by_passphrase(), parameters="[]"), "correct horse", id="a list"),
    ],
)
def test_anything_else_does_not_open_it(slot: Slot, secret: str | bytes) -> None:
    with pytest.raises(WrongKeyError):
        open_slot(VAULT, slot, secret)


def test_a_slot_of_another_vault_does_not_open() -> None:
    with pytest.raises(WrongKeyError):
        open_slot("another", by_keyring(), ENTRY)


@pytest.mark.parametrize("cost", [{"n": 2**30}, {"r": 10**6}, {"p": 10**6}, {"n": 0}, {"n": "x"}])
def test_a_changed_cost_cannot_take_all_the_memory(cost: dict[str, object]) -> None:
    slot = by_passphrase()
    parameters = json.dumps(json.loads(slot.parameters) | cost)
    with pytest.raises(WrongKeyError):
        open_slot(VAULT, replace(slot, parameters=parameters), "correct horse")


def test_a_guess_of_the_passphrase_costs_128_mebibytes() -> None:
    cost = ScryptCost()
    assert 128 * cost.r * cost.n == 128 * 1024 * 1024
    slot = passphrase_slot(VAULT, KEY, "correct horse", cost=cost, random=counting)
    assert open_slot(VAULT, slot, "correct horse") == KEY


@given(st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES), st.binary(), st.binary())
def test_what_is_sealed_comes_back(key: bytes, content: bytes, about: bytes) -> None:
    sealed = seal(key, content, about=about, random=counting)
    assert unseal(key, sealed, about=about) == content


@given(st.data())
def test_a_changed_bit_anywhere_is_noticed(data: st.DataObject) -> None:
    sealed = bytearray(seal(KEY, b"fake-refresh-A-1", about=b"acc_1", random=counting))
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[at // 8] ^= 1 << at % 8
    with pytest.raises(WrongKeyError):
        unseal(KEY, bytes(sealed), about=b"acc_1")
