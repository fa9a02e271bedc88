"""DCMTK's echoscu, storescu and dcmsend, and pynetdicom, against our server: what arrives equals what was sent."""

from __future__ import annotations

import asyncio
import re
import shutil

import pytest

import dicomkit
from dicomkit.network.server import DICOMStorageServer
from dicomkit.network.services.storage_handler import DefaultStorageHandler
from dicomkit.network.services.storage_scp import StorageSCPConfiguration, every_storage_sop_class, every_transfer_syntax
from tests.interop.network.instances import corpus_instances, instance_of_every_class, make_instance, read_plainly

pytestmark = pytest.mark.filterwarnings("ignore::dicomkit.DICOMWarning")      # the corpora are odd

CT = "1.2.840.10008.5.1.4.1.1.2"
# What storescu and dcmsend 3.6.7 cannot propose.
UNKNOWN_TO_DCMTK = {"1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.203", "1.2.840.10008.1.2.8.1", "1.2.840.10008.1.2.4.57"}
BIG_ENDIAN = "1.2.840.10008.1.2.2"
NATIVE = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", BIG_ENDIAN, "1.2.840.10008.1.2.1.99")
STORESCU_OPTIONS = {
    "-xe": "1.2.840.10008.1.2.1", "-xi": "1.2.840.10008.1.2", "-xb": "1.2.840.10008.1.2.2", "-xd": "1.2.840.10008.1.2.1.99",
    "-xs": "1.2.840.10008.1.2.4.70", "-xy": "1.2.840.10008.1.2.4.50", "-xx": "1.2.840.10008.1.2.4.51", "-xv": "1.2.840.10008.1.2.4.90",
    "-xw": "1.2.840.10008.1.2.4.91", "-xt": "1.2.840.10008.1.2.4.80", "-xu": "1.2.840.10008.1.2.4.81", "-xr": "1.2.840.10008.1.2.5",
}  # fmt: skip


@pytest.fixture
def serving(tmp_path):
    """A server that takes everything into ``tmp_path / "incoming"``."""

    def make(**settings):
        everything = {"accepted_sop_classes": every_storage_sop_class(), "accepted_transfer_syntaxes": every_transfer_syntax()}
        configuration = StorageSCPConfiguration(**{"ae_title": "ME", "host": "127.0.0.1", "port": 0, **everything, **settings})
        return DICOMStorageServer(configuration, DefaultStorageHandler(tmp_path / "incoming"))

    return make


@pytest.fixture
def incoming(tmp_path):
    """A function that reads what was received, by SOP Instance UID."""
    return lambda: {file.sop_instance_uid: file for file in map(read_plainly, (tmp_path / "incoming").glob("*.dcm"))}


async def run(*command):
    """Run a program; return its exit code and what it prints."""
    process = await asyncio.create_subprocess_exec(*map(str, command), stdout=-1, stderr=asyncio.subprocess.STDOUT)
    out, _ = await process.communicate()
    return process.returncode, out.decode(errors="replace")


async def test_echoscu(dcmtk, serving):
    async with serving() as server:
        assert await run(dcmtk("echoscu"), "-aec", "ME", "127.0.0.1", server.port) == (0, "")
        assert await run(dcmtk("echoscu"), "-aec", "ME", "--repeat", 20, "127.0.0.1", server.port) == (0, "")
        code, out = await run(dcmtk("echoscu"), "-aec", "OTHER", "127.0.0.1", server.port)
        assert code != 0
        assert "Called AE Title Not Recognized" in out


@pytest.mark.parametrize("option", STORESCU_OPTIONS)
async def test_storescu_in_each_transfer_syntax(dcmtk, serving, incoming, all_peer_files, option):
    syntax = STORESCU_OPTIONS[option]
    instances = [sent for sent in corpus_instances(all_peer_files) if sent.transfer_syntax_uid == syntax][:10]
    assert instances
    async with serving() as server:
        code, out = await run(
            dcmtk("storescu"), "-v", "-nh", option, "-R", "-aec", "ME", "127.0.0.1", server.port, *(sent.path for sent in instances)
        )
    arrived = incoming()
    assert code == 0, out
    for sent in instances:
        if re.search(f"{re.escape(str(sent.path))}, ignoring", out):
            continue        # it cannot read what is odd about the file
        received = arrived[sent.sop_instance_uid]
        assert received.transfer_syntax_uid == syntax
        # It writes each data set anew, without trailing padding and with lengths of its own liking: values are what counts.
        if len(sent.data_set) % 2 == 0:
            assert values(received.path) == values(sent.path)


async def test_dcmsend_of_the_corpus(dcmtk, serving, incoming, all_peer_files, tmp_path):
    """Everything that it can propose, on as many associations as it takes, never decompressed."""
    folder = tmp_path / "outgoing"
    folder.mkdir()
    instances = {
        sent.sop_instance_uid: sent for sent in corpus_instances(all_peer_files) if sent.transfer_syntax_uid not in UNKNOWN_TO_DCMTK
    }
    for number, sent in enumerate(instances.values()):
        shutil.copy(sent.path, folder / f"{number}.dcm")
    async with serving() as server:
        await run(dcmtk("dcmsend"), "-dn", "-nuc", "-nh", "+sd", "-aec", "ME", "127.0.0.1", server.port, folder)
    arrived = incoming()
    assert len(arrived) > 0.95 * len(instances)
    for uid, received in arrived.items():
        sent = instances[uid]
        if received.transfer_syntax_uid != sent.transfer_syntax_uid:
            # It converts native ones to Explicit VR Little Endian as it likes.
            assert {received.transfer_syntax_uid, sent.transfer_syntax_uid} <= {*NATIVE}
        is_comparable = received.transfer_syntax_uid == sent.transfer_syntax_uid or sent.transfer_syntax_uid != BIG_ENDIAN
        if is_comparable and len(sent.data_set) % 2 == 0:       # else it mends the length of what is odd
            assert values(received.path) == values(sent.path), sent.path


def values(path):
    """What a data set holds, however it is encoded: of each element the value field without padding."""
    file = dicomkit.read(path)
    return {
        element.tag: bytes(element.value_data or b"").rstrip(b"\0 ")
        for element in file.data_set
        if element.tag & 0xFFFF and element.vr != "SQ" and element.tag != 0xFFFCFFFC and not element.tag >> 16 & 1
    }


async def test_every_storage_class_from_dcmsend(dcmtk, serving, incoming, tmp_path):
    outgoing = tmp_path / "outgoing"
    outgoing.mkdir()
    instances = instance_of_every_class(outgoing)
    async with serving() as server:
        await run(dcmtk("dcmsend"), "-nh", "+sd", "-aec", "ME", "127.0.0.1", server.port, outgoing)
    arrived = incoming()
    # Classes that DCMTK 3.6.7 does not know are not sent.
    assert len(arrived) > 0.8 * len(instances)
    for sent in instances:
        if sent.sop_instance_uid in arrived:
            assert arrived[sent.sop_instance_uid].sop_class_uid == sent.sop_class_uid
            assert values(arrived[sent.sop_instance_uid].path) == values(sent.path)


@pytest.mark.filterwarnings("ignore::UserWarning")
async def test_pynetdicom(serving, incoming, all_peer_files, pynetdicom, pydicom):
    instances = [sent for sent in corpus_instances(all_peer_files) if sent.transfer_syntax_uid in pynetdicom._globals.ALL_TRANSFER_SYNTAXES]
    by_context = {}
    for sent in instances:
        by_context.setdefault((sent.sop_class_uid, sent.transfer_syntax_uid), []).append(sent)

    def send(port):
        entity = pynetdicom.AE(ae_title="PYNET")
        for sop_class, syntax in by_context:
            entity.add_requested_context(sop_class, syntax)
        association = entity.associate("127.0.0.1", port, ae_title="ME")
        assert association.is_established
        sent, statuses = [], []
        for each in instances:
            try:
                statuses.append(association.send_c_store(pydicom.dcmread(each.path)).Status)
            except (AttributeError, ValueError):    # it cannot write what it read
                continue
            sent.append(each)
        association.release()
        return sent, statuses

    async with serving() as server:
        sent, statuses = await asyncio.to_thread(send, server.port)
    assert set(statuses) == {0}
    assert len(sent) > 0.9 * len(instances)
    arrived = incoming()
    for each in sent:
        assert arrived[each.sop_instance_uid].transfer_syntax_uid == each.transfer_syntax_uid
        theirs, ours = pydicom.dcmread(each.path), pydicom.dcmread(arrived[each.sop_instance_uid].path)
        missing = {element.tag for element in theirs} - {element.tag for element in ours}
        assert not any(tag.element for tag in missing)      # it leaves out group lengths
        assert ours.get("PixelData") == theirs.get("PixelData")


async def test_larger_and_smaller_pdus(dcmtk, serving, incoming, tmp_path):
    sent = make_instance(tmp_path, CT, 1)
    for size in (4096, 16384, 131072):
        async with serving(max_pdu_size=size) as server:
            code, out = await run(dcmtk("storescu"), "-xe", "-pdu", size, "-aec", "ME", "127.0.0.1", server.port, sent.path)
        assert code == 0, out
        assert values(incoming()[sent.sop_instance_uid].path) == values(sent.path)


async def test_any_length_of_pdus(dcmtk, serving, tmp_path):
    sent = make_instance(tmp_path, CT, 1)
    async with serving(max_pdu_size=0) as server:
        assert (await run(dcmtk("storescu"), "-xe", "-aec", "ME", "127.0.0.1", server.port, sent.path))[0] == 0


async def test_ten_storescu_at_once(dcmtk, serving, incoming, tmp_path):
    instances = [make_instance(tmp_path, CT, number) for number in range(10)]
    async with serving() as server:
        outcomes = await asyncio.gather(
            *(run(dcmtk("storescu"), "-xe", "-aec", "ME", "127.0.0.1", server.port, sent.path) for sent in instances)
        )
    assert outcomes == [(0, "")] * 10
    assert len(incoming()) == 10


async def test_what_is_written_is_a_dicom_file_to_others(dcmtk, serving, tmp_path):
    sent = make_instance(tmp_path, CT, 1)
    async with serving() as server:
        assert (await run(dcmtk("storescu"), "-xe", "-aec", "ME", "127.0.0.1", server.port, sent.path))[0] == 0
    code, out = await run(dcmtk("dcmftest"), tmp_path / "incoming" / f"{sent.sop_instance_uid}.dcm")
    assert (code, out.split(":")[0]) == (0, "yes")


async def test_storescu_that_aborts(dcmtk, serving):
    async with serving() as server:
        assert (await run(dcmtk("echoscu"), "--abort", "-aec", "ME", "127.0.0.1", server.port))[0] == 0
        assert (await run(dcmtk("echoscu"), "-aec", "ME", "127.0.0.1", server.port))[0] == 0
