"""Registered and new UIDs. Rows DICT-3, CORE-29."""

import multiprocessing
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomkit import uids
from dicomkit.dictionary import UIDDictionary
from dicomkit.errors import UnknownKeywordError
from dicomkit.uid import UIDGenerator, generate_uid

UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*")


def test_every_keyword_is_a_constant():
    # DICT-3
    entries = [entry for entry in UIDDictionary.entries() if entry.keyword]
    assert [getattr(uids, entry.keyword) for entry in entries] == [entry.uid for entry in entries]
    assert dir(uids) == sorted(entry.keyword for entry in entries)
    assert uids.CTImageStorage == "1.2.840.10008.5.1.4.1.1.2"


def test_a_misspelt_keyword_is_an_attribute_error_with_suggestions():
    with pytest.raises(UnknownKeywordError, match="did you mean CTImageStorage") as caught:
        _ = uids.CTImageStorag
    assert isinstance(caught.value, AttributeError)
    assert not hasattr(uids, "__wrapped__")


def test_a_new_uid_is_a_random_uuid_under_2_25():
    # CORE-29
    uid = generate_uid()
    root, _, number = uid.rpartition(".")
    assert root == "2.25"
    made = uuid.UUID(int=int(number))
    assert (made.version, made.variant) == (4, uuid.RFC_4122)


def test_new_uids_differ():
    # CORE-29
    generator = UIDGenerator()
    assert len({generator.generate() for _ in range(100_000)}) == 100_000


def test_new_uids_differ_between_threads():
    # CORE-29, PKG-3
    with ThreadPoolExecutor(8) as pool:
        made = [uid for batch in pool.map(lambda _: [generate_uid() for _ in range(1000)], range(8)) for uid in batch]
    assert len(set(made)) == 8000


def _generate_many(count):
    return [generate_uid() for _ in range(count)]


def test_new_uids_differ_between_processes():
    # CORE-29: a forked process must not repeat its parent
    with multiprocessing.get_context("fork").Pool(2) as pool:
        made = [uid for batch in pool.map(_generate_many, [100] * 4) for uid in batch]
    assert len(set(made)) == 400


ROOTS = st.lists(st.integers(0, 10**12).map(str), min_size=1, max_size=12).map(".".join).filter(lambda root: len(root) <= 47)


@given(ROOTS)
def test_every_root_gives_valid_uids(root):
    # CORE-29: at most 64 characters, no component with a leading zero (PS3.5 9.1)
    generator = UIDGenerator(root)
    assert generator.root == root
    uids_of_all_kinds = {
        generator.generate(),
        generator.generate_study_instance_uid(),
        generator.generate_series_instance_uid(),
        generator.generate_sop_instance_uid(),
    }
    assert len(uids_of_all_kinds) == 4
    for uid in uids_of_all_kinds:
        assert uid.startswith(root + ".")
        assert len(uid) <= 64
        assert UID.fullmatch(uid)


@pytest.mark.parametrize("root", ["", ".", "1.", "1.02", "1..2", "a", "1.2 ", "²", "١", "1." + "2" * 46])
def test_what_is_no_root_is_refused(root):
    # CORE-29
    with pytest.raises(ValueError, match=r"is not a UID|too few"):
        UIDGenerator(root)


@pytest.mark.parametrize("kind", ["study", "series", "sop"])
def test_the_class_makes_uids_of_all_kinds_too(kind):
    # CORE-29
    name = f"generate_{kind}_instance_uid"
    made = getattr(UIDGenerator, name)()
    assert made.startswith("2.25.")
    assert made != getattr(UIDGenerator, name)()
    assert getattr(UIDGenerator("1.2.3"), name)().startswith("1.2.3.")
    assert "new" in getattr(UIDGenerator, name).__doc__


def test_the_shared_generator():
    # CORE-29
    assert UIDGenerator.shared.root == "2.25"
    assert repr(UIDGenerator.shared) == "UIDGenerator('2.25')"
