"""SCP-1 and SCP-2: what a storage server is told."""

from __future__ import annotations

import itertools
import pickle

import pytest

from dicomkit import TransferSyntax, UIDDictionary, uids
from dicomkit.network.errors import InvalidAETitleError
from dicomkit.network.services.storage_scp import (
    COMMON_SOP_CLASSES,
    COMMON_TRANSFER_SYNTAXES,
    StorageSCPConfiguration,
    every_storage_sop_class,
    every_transfer_syntax,
)


def test_scp_1_defaults():
    configuration = StorageSCPConfiguration(ae_title="ME")
    assert (configuration.ae_title, configuration.port, configuration.max_pdu_size) == ("ME", 11112, 16384)
    assert configuration.max_concurrent_associations == 10
    assert configuration.accepted_sop_classes == frozenset(COMMON_SOP_CLASSES)
    assert configuration.accepted_transfer_syntaxes == frozenset(COMMON_TRANSFER_SYNTAXES)
    assert configuration.calling_ae_whitelist is None
    assert configuration.calling_ae_blacklist is None
    assert configuration.implementation_class_uid.startswith("2.25.")
    assert configuration.implementation_version_name.startswith("DICOMKIT")


def test_scp_1_the_common_classes_and_syntaxes():
    # UIDs of PS3.4 Table B.5-1 and PS3.5 Annex A, written out: what is tested must not say what is right.
    suffixes = ["2", "2.1", "4", "4.1", "1", "1.1", "1.2", "6.1", "3.1", "7", "7.1", "7.2", "7.3", "7.4", "20", "128", "130"]
    suffixes += ["481.1", "481.2", "481.3", "481.5"]
    assert set(COMMON_SOP_CLASSES) == {f"1.2.840.10008.5.1.4.1.1.{suffix}" for suffix in suffixes} | {"1.2.840.10008.1.1"}
    assert len(COMMON_SOP_CLASSES) == 22
    suffixes = ["", ".1", ".2", ".1.99", ".4.50", ".4.51", ".4.57", ".4.70", ".4.90", ".4.91", ".5"]
    assert set(COMMON_TRANSFER_SYNTAXES) == {f"1.2.840.10008.1.2{suffix}" for suffix in suffixes}
    assert len(COMMON_TRANSFER_SYNTAXES) == 11


def test_everything_can_be_accepted():
    classes = every_storage_sop_class()
    assert {*COMMON_SOP_CLASSES} <= {*classes}
    assert uids.SegmentationStorage in classes
    assert uids.EncapsulatedPDFStorage in classes
    assert uids.StorageCommitmentPushModel not in classes
    assert all(UIDDictionary.find_uid(uid) for uid in classes)
    syntaxes = every_transfer_syntax()
    assert {*COMMON_TRANSFER_SYNTAXES} <= {*syntaxes}
    assert "1.2.840.10008.1.2.6.1" not in syntaxes      # RFC 2557 MIME encapsulation: of documents
    assert all(TransferSyntax.from_uid(uid) for uid in syntaxes)


def test_verification_is_always_accepted():
    configuration = StorageSCPConfiguration(ae_title="ME", accepted_sop_classes=[uids.CTImageStorage])
    assert configuration.accepted_sop_classes == {uids.CTImageStorage, uids.Verification}


def test_titles_are_trimmed_and_checked():
    assert StorageSCPConfiguration(ae_title=" ME ", calling_ae_whitelist=[" YOU"]).calling_ae_whitelist == {"YOU"}
    for title in ("", "   ", "SEVENTEENLETTERS1", "A\\B", "A\nB"):
        with pytest.raises(InvalidAETitleError):
            StorageSCPConfiguration(ae_title=title)
        with pytest.raises(InvalidAETitleError):
            StorageSCPConfiguration(ae_title="ME", calling_ae_blacklist=[title])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", -1), ("port", 65536), ("max_pdu_size", 4095), ("max_pdu_size", -1), ("max_pdu_size", 1 << 32),
        ("max_concurrent_associations", 0), ("max_connections", 0), ("max_instance_size", 0), ("max_memory", 0),
        ("max_memory_per_association", 0), ("idle_timeout", 0), ("operation_timeout", -1.0), ("artim_timeout", float("nan")),
    ],
)  # fmt: skip
def test_numbers_out_of_range(name, value):
    with pytest.raises(ValueError, match=name):
        StorageSCPConfiguration(ae_title="ME", **{name: value})


@pytest.mark.parametrize(("name", "value"), [("port", 0), ("max_pdu_size", 0), ("max_pdu_size", 4096), ("idle_timeout", None)])
def test_numbers_at_their_limits(name, value):
    assert getattr(StorageSCPConfiguration(ae_title="ME", **{name: value}), name) == value


@pytest.mark.parametrize(("in_black", "in_white"), list(itertools.product([None, False, True], repeat=2)))
def test_scp_2_the_rule_of_ae_titles(in_black, in_white):
    """The blacklist wins; then the whitelist must contain the title; else it is allowed."""

    def titles(contains):
        return None if contains is None else ["YOU", "OTHER"] if contains else ["OTHER"]

    configuration = StorageSCPConfiguration(ae_title="ME", calling_ae_blacklist=titles(in_black), calling_ae_whitelist=titles(in_white))
    assert configuration.is_calling_ae_allowed("YOU") == (not in_black and in_white is not False)


def test_an_empty_whitelist_admits_nobody():
    assert not StorageSCPConfiguration(ae_title="ME", calling_ae_whitelist=[]).is_calling_ae_allowed("YOU")


def test_configurations_are_values():
    configuration = StorageSCPConfiguration(ae_title="ME", calling_ae_whitelist=["YOU"])
    assert configuration == StorageSCPConfiguration(ae_title="ME", calling_ae_whitelist=("YOU",))
    assert hash(configuration) == hash(StorageSCPConfiguration(ae_title="ME", calling_ae_whitelist=["YOU"]))
    assert pickle.loads(pickle.dumps(configuration)) == configuration
    with pytest.raises(AttributeError):
        configuration.port = 1
