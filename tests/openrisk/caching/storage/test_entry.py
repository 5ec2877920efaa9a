"""What the shared store gives back is what was stored there under that key, or it is refused."""

import pickle
import random

import pytest
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from openrisk.caching.storage import entry as entries
from openrisk.caching.storage.entry import MAGIC, RejectedEntry, pack_entry, unpack_entry
from tests.openrisk.caching.samples import make_entry

KEY, OTHER = "a" * 64, "b" * 64


@settings(max_examples=30)
@given(body=st.binary(max_size=2000), tag=st.text(max_size=50), token=st.text(max_size=20))
def test_entry_comes_back_as_it_was(body, tag, token):
    entry = make_entry(body=body, snapshot={tag: token})
    assert unpack_entry(KEY, pack_entry(entry)) == entry


def test_confirmation_stays_in_its_process():
    assert unpack_entry(KEY, pack_entry(make_entry(confirmed=7))).confirmed == 0


def test_entry_of_another_release_with_other_fields_is_none(monkeypatch):
    """Ours by its MAC, so it is not counted as forged."""
    fields = [name for name in entries.Entry.__slots__ if name != "snapshot"]
    monkeypatch.setattr(entries.Entry, "__slots__", fields)
    assert unpack_entry(KEY, pack_entry(make_entry())) is None


class Exploit:
    def __reduce__(self):
        return pytest.fail, ("A value of the store was unpickled.",)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(None, "foreign", id="none"),
        pytest.param(1, "foreign", id="number"),
        pytest.param("text", "foreign", id="text"),
        pytest.param(b"", "foreign", id="empty"),
        pytest.param(pickle.dumps(Exploit()), "foreign", id="pickle"),
        pytest.param(MAGIC, "mac", id="only-the-magic"),
        pytest.param(MAGIC + bytes(32), "mac", id="no-payload"),
        pytest.param(MAGIC + pickle.dumps(Exploit()), "mac", id="pickle-behind-the-magic"),
    ],
)
def test_foreign_values_are_refused(value, reason):
    with pytest.raises(RejectedEntry) as refusal:
        unpack_entry(KEY, value)
    assert refusal.value.reason == reason


def test_every_truncation_is_refused():
    data = pack_entry(make_entry())
    for length in range(len(data)):
        with pytest.raises(RejectedEntry):
            unpack_entry(KEY, data[:length])


def test_every_flipped_bit_is_refused():
    data = bytearray(pack_entry(make_entry()))
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1 << random.randrange(8)
        with pytest.raises(RejectedEntry):
            unpack_entry(KEY, bytes(changed))


def test_entry_copied_to_another_key_is_refused():
    with pytest.raises(RejectedEntry, match="mac"):
        unpack_entry(OTHER, pack_entry(make_entry(KEY)))


def test_entry_of_another_installation_is_refused():
    data = pack_entry(make_entry())
    with override_settings(SECRET_KEY="another"):
        entries._secret.cache_clear()
        with pytest.raises(RejectedEntry, match="mac"):
            unpack_entry(KEY, data)
    entries._secret.cache_clear()
    assert unpack_entry(KEY, data).key == KEY


def test_size_counts_body_and_snapshot():
    small, large = make_entry(body=b""), make_entry(body=b"x" * 5000)
    assert large.size - small.size == 5000
    assert make_entry(snapshot={str(n): "1" for n in range(100)}).size > small.size + 10_000
