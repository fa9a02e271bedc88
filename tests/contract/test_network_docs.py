"""The pages about the network run as they stand, against servers on loopback."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import shlex
from pathlib import Path

import pytest

from dicomkit import DataSet, read
from dicomkit import errors as core_errors
from dicomkit.cli.entry import run
from dicomkit.network import DICOMStorageService, errors
from dicomkit.network.dimse import CFindRequest, CMoveRequest
from dicomkit.network.services.retrieve_contexts import COMMON_GET_SOP_CLASSES, COMMON_GET_TRANSFER_SYNTAXES
from dicomkit.network.services.storage_scp import COMMON_SOP_CLASSES, COMMON_TRANSFER_SYNTAXES, StorageSCPConfiguration
from dicomkit.testing import KeepingDelegate, data_set, file_meta, loopback_server, part10
from tests.unit.network.services.queries import STUDY_ROOT as FIND_STUDY_ROOT
from tests.unit.network.services.queries import FindingPeer, tell
from tests.unit.network.services.retrieve_peers import CANCELLED, RetrievedPeer, Talk, counts, instance, pending, sending
from tests.unit.network.services.scripted_peer import EVERYTHING, EXPLICIT, IMPLICIT, MR, SC

DOCS = Path(__file__).resolve().parents[2] / "docs"
SEND, RECEIVE, ERRORS, QUERY, RETRIEVE = (
    (DOCS / "how-to" / f"network-{name}.md").read_text(encoding="utf-8") for name in ("send", "receive", "errors", "query", "retrieve")
)
STATEMENT = (DOCS / "reference" / "dicom-conformance-statement.md").read_text(encoding="utf-8")
CT = "1.2.840.10008.5.1.4.1.1.2"


def write_instance(name, uid):
    body = data_set([(0x00080016, "UI", CT), (0x00080018, "UI", uid), (0x0020000D, "UI", "1.2"), (0x0020000E, "UI", "1.3")])
    Path(name).write_bytes(part10(body, meta=file_meta(sop_class_uid=CT, sop_instance_uid=uid)))


def blocks(page):
    return re.findall(r"```python\n(.*?)```", page, re.DOTALL)


async def run_block(block, names):
    code = compile(block, "page", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, names)
    if inspect.iscoroutine(result):
        await result


async def run_page(page, port, names):
    for block in blocks(page):
        await run_block(block.replace("pacs.example", "127.0.0.1").replace("11112", str(port)), names)


async def test_the_examples_of_sending(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_instance("ct.dcm", "1.2.3")
    write_instance("mr.dcm", "1.2.4")
    async with loopback_server(delegate := KeepingDelegate(), ae_title="PACS") as server:
        await run_page(SEND, server.port, {})
    assert [file.sop_instance_uid for file in delegate.files] == ["1.2.3", "1.2.3", "1.2.4", "1.2.3"]
    printed = capsys.readouterr().out
    assert "50%\n100%\n" in printed
    assert "2 stored at" in printed


async def test_the_examples_of_receiving(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_instance("ct.dcm", "1.2.3")
    first, *classes, last = blocks(RECEIVE)
    names = {}
    serving = asyncio.create_task(run_block(first.replace("11112", "0"), names))
    while "server" not in names:
        await asyncio.sleep(0)
    send = {"calling_ae": "ME", "called_ae": "ME"}
    assert (await DICOMStorageService.store("ct.dcm", to="127.0.0.1", port=names["server"].port, **send)).success
    await names["server"].stop()
    await serving
    assert (tmp_path / "incoming" / "1.2" / "1.3" / "1.2.3.dcm").is_file()
    for block in classes:
        await run_block(block, names)
    for delegate, says in ((names["Archive"](), "1.2.3 1.2.840.10008.1.2.1"), (names["Counting"](), "1.2.3 ")):
        async with loopback_server(delegate, ae_title="ME") as server:
            result = await DICOMStorageService.store("ct.dcm", to="127.0.0.1", port=server.port, **send)
        assert result.success is isinstance(delegate, names["Counting"])        # it is shorter than the archive wants
        assert "1.2.3" in capsys.readouterr().out, says
    await run_block(last, names)


async def test_the_examples_of_errors(capsys):
    async with loopback_server(ae_title="PACS") as server:
        await run_page(ERRORS, server.port, {})
    printed = capsys.readouterr().out
    assert "the association was rejected permanently by the peer's application" in printed
    assert "Check configuration: the AE titles, letter by letter" in printed


STUDY = [
    (0x00080020, "DA", "20240229"), (0x00080061, "CS", "CT\\SR"), (0x00081030, "LO", "Chest"), (0x00081070, "PN", "Roe^R"),
    (0x00100010, "PN", "Doe^Jane"), (0x0020000D, "UI", "1.2.3"), (0x00201208, "IS", "3"),
]  # fmt: skip
FOUND = {
    "STUDY": STUDY,
    "SERIES": [(0x00080060, "CS", "CT"), (0x0008103E, "LO", "Axial"), (0x0020000E, "UI", "1.2.3.4"), (0x00201209, "IS", "3")],
    "IMAGE": [(0x00080018, "UI", "1.2.3.4.5"), (0x00280008, "IS", "7"), (0x00280010, "US", 512), (0x00280011, "US", 256)],
}


class Archive(FindingPeer):
    """Has a study, a series and an instance, whatever the keys; a query for one Study ID fails."""

    def __init__(self) -> None:
        super().__init__(self.tell_one, error_comment="no memory")
        self.asked: list[DataSet] = []

    async def tell_one(self, peer, association, context_id, message):
        if isinstance(message, CFindRequest):
            asked = read(part10(self.data_sets[-1])).data_set
            self.asked.append(asked)
            await tell(association, context_id, message, FOUND[asked.string("QueryRetrieveLevel")])
            await self.respond(association, context_id, message, 0xA700 if asked.string("StudyID") == "FAIL" else 0)


async def test_the_examples_of_queries(capsys):
    async with Archive() as archive:
        await run_page(QUERY, archive.address["port"], names := {})
    assert capsys.readouterr().out.splitlines() == [
        "Doe^Jane 20240229 ('CT', 'SR') 1.2.3", "    CT Axial 3", "        1.2.3.4.5 512 256 7",
        "Chest Roe^R", "found 1.2.3", "P1 1", "P2 1", "<StudyResult of 7 attributes>",
        "the query failed with status A700 (out of resources): no memory",
    ]  # fmt: skip
    first, second = archive.asked[0], archive.asked[3]
    assert (first.string("PatientName"), first.string("StudyDate")) == ("DOE*", "20240101-20241231")
    assert [element.keyword for element in second if not element.string_value] == ["StudyDescription", "OperatorsName", "StudyInstanceUID"]
    assert names["keys"].identifier().string("SpecificCharacterSet") == "ISO_IR 100"


class RetrievedArchive(RetrievedPeer):
    """Has two instances, and sends them to us, or to a server of ours; it knows no other destination, and can be cancelled."""

    def __init__(self, names) -> None:
        models = [FIND_STUDY_ROOT, *(f"1.2.840.10008.5.1.4.1.2.{root}.{number}" for root in (1, 2) for number in (2, 3))]
        super().__init__(supported=dict.fromkeys((CT, MR, SC), EVERYTHING) | dict.fromkeys(models, (EXPLICIT, IMPLICIT)))
        self.names, self.answer = names, self.do

    async def do(self, peer, association, context_id, message):
        if isinstance(message, CFindRequest):
            await tell(association, context_id, message, [(0x00080062, "UI", CT), (0x0020000D, "UI", "1.2.3")])
            await self.respond(association, context_id, message, 0)
            return
        talk = Talk(self, association, context_id, message)
        if isinstance(message, CMoveRequest):
            await self.move(talk)
            return
        for number in (1, 2):
            await sending(instance(number))(talk)
            if [kind for kind in self.kinds if kind == "CCancelRequest"]:
                await talk.respond(CANCELLED, **counts(1, 1, 0, 0))
                return
            await pending(2 - number, number, 0, 0)(talk)
        await talk.respond(0, **counts(None, 2, 0, 0))

    async def move(self, talk):
        if talk.request.move_destination == "NOBODY":
            await talk.respond(0xA801)
            return
        if self.names["server"].is_running:
            where = {"to": "127.0.0.1", "port": self.names["server"].port, "calling_ae": "PACS", "called_ae": talk.request.move_destination}
            for number in (1, 2):
                sent = instance(number)
                meta = file_meta(sop_class_uid=CT, sop_instance_uid=sent.sop_instance_uid)
                assert (await DICOMStorageService.store(part10(sent.data_set, meta=meta), **where)).success
                await pending(2 - number, number, 0, 0)(talk)
        await talk.respond(0, **counts(None, 2, 0, 0))


async def test_the_examples_of_retrievals(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    async with RetrievedArchive(names) as archive:
        await run_page(RETRIEVE.replace("11113", "0"), archive.address["port"], names)
    first, second = "1.2.3.1", "1.2.3.2"
    size = len(instance(1).data_set)
    assert capsys.readouterr().out.splitlines() == [
        f"{first}.dcm {size}", "50% of 2", f"{second}.dcm {size}", "100% of 2", "2 came, 0 failed",
        f"2 {first} Explicit VR Little Endian", f"['{CT}', '{CT}']", f"{{'{EXPLICIT}'}}",
        "1 sent", "2 sent", "True RetrieveProgress(remaining=0, completed=2, failed=0, warning=0)", "2", "RetrieveCompleted",
        "the retrieval failed with status A801 (the move destination is unknown)", f"one is enough: {first}",
    ]  # fmt: skip
    assert {path.name for path in (tmp_path / "study" / "1.2" / "1.3").iterdir()} == {f"{first}.dcm", f"{second}.dcm"}
    assert {path.name for path in (tmp_path / "moved").iterdir()} == {f"{first}.dcm", f"{second}.dcm"}
    assert archive.kinds[-1] == "CCancelRequest"


def test_the_command_lines_of_queries():
    """None of them is refused before anything is sent: nobody listens there."""
    lines = re.findall(r"^dicomkit find .+$", QUERY, re.MULTILINE)
    assert len(lines) == 6
    for line in lines:
        _, *arguments = shlex.split(re.split(r" [>|] ", line.replace("pacs.example:11112", "127.0.0.1:1"))[0])
        assert run(arguments) == 1, line


def test_the_command_lines_of_retrievals(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = re.findall(r"^dicomkit (?:get|move|find) .+$", RETRIEVE, re.MULTILINE)
    assert len(lines) == 7
    for line in lines:
        _, *arguments = shlex.split(line.replace("pacs.example:11112", "127.0.0.1:1"))
        assert run(arguments) == 1, line


@pytest.mark.parametrize(
    ("page", "heading", "count"), [(ERRORS, "| What you see |", 13), (QUERY, "| Error |", 8)], ids=["errors", "query"]
)
def test_the_errors_of_the_table_exist(page, heading, count):
    table = page.partition(heading)[2].partition("\n\n")[0]
    names = re.findall(r"`(\w+Error)`", table)
    assert len(names) >= count
    assert all(hasattr(errors, name) or hasattr(core_errors, name) for name in names)


def test_the_limits_of_the_table_are_the_defaults():
    table = RECEIVE.partition("## Limits")[2].partition("\n\n`every")[0]
    rows = re.findall(r"^\| (`.+?`) \| (.+?) \| .+ \|$", table, re.MULTILINE)
    said = {name: value for names, value in rows for name in re.findall(r"`(\w+)`", names)}
    said.pop("StorageSCPConfiguration")
    configuration = StorageSCPConfiguration(ae_title="ME")
    assert said.pop("max_memory_per_association") == said.pop("max_memory") == "256 MiB, 1 GiB"
    assert (configuration.max_memory_per_association, configuration.max_memory) == (256 << 20, 1 << 30)
    numbers = {"max_concurrent_associations": "10", "max_connections": "1,024", "max_pdu_size": "16,384"}
    for name, text in numbers.items():
        assert said.pop(name) == text
        assert getattr(configuration, name) == int(text.replace(",", ""))
    for name, text, seconds in (("artim_timeout", "30 s", 30), ("idle_timeout", "60 s", 60), ("operation_timeout", "30 minutes", 1800)):
        assert (said.pop(name), getattr(configuration, name)) == (text, seconds)
    assert set(said) == {
        "max_instance_size", "calling_ae_whitelist", "calling_ae_blacklist", "is_called_ae_title_checked", "accepted_sop_classes",
        "accepted_transfer_syntaxes",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "uids"),
    [
        ("SOP classes accepted by default", COMMON_SOP_CLASSES),
        ("Transfer syntaxes accepted by default", COMMON_TRANSFER_SYNTAXES),
        ("SOP classes asked for by default", COMMON_GET_SOP_CLASSES),
        ("Transfer syntaxes asked for by default", COMMON_GET_TRANSFER_SYNTAXES),
    ],
)
def test_the_conformance_statement_lists_what_is_accepted_and_asked_for(heading, uids):
    table = STATEMENT.partition(heading)[2].partition("\n#")[0]
    assert set(re.findall(r"\| (1\.2\.840\.10008[\d.]*) \|", table)) == set(uids)
