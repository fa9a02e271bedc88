"""``dicomkit get``: what a peer has, gotten into a folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from dicomkit.cli.console import printable
from dicomkit.cli.parameters import TRANSFER_SYNTAX
from dicomkit.cli.peer import PEER, Peer, calling_ae_option, run_network, say
from dicomkit.cli.retrieving import Tally, keys_of, retrieval_timeout_option, retrieve, say_failure, what_arguments
from dicomkit.dictionary import UIDDictionary, suggest_uid_keywords
from dicomkit.network.services.configuration import RetrieveConfiguration
from dicomkit.network.services.retrieve import DICOMRetrieveService
from dicomkit.network.services.storage_handler import DefaultStorageHandler
from dicomkit.network.services.storage_scp import every_storage_sop_class

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from dicomkit.network.services.retrieve_events import RetrieveEvent
    from dicomkit.transfer_syntax import TransferSyntax

    SOPClassType = click.ParamType[str]     # generic in stubs only, in the oldest click that we take
else:
    SOPClassType = click.ParamType

__all__ = ["command"]

_UID = re.compile(r"[0-9]+(\.[0-9]+)+")
LONGEST_UID = 64


class _SOPClass(SOPClassType):
    """The keyword or UID of a storage SOP class; a private one by its UID."""

    name = "SOP class"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        entry = UIDDictionary.find_keyword(value)
        uid = value if entry is None else entry.uid
        if UIDDictionary.find_uid(uid) is None and _UID.fullmatch(uid) and len(uid) <= LONGEST_UID:
            return uid
        if uid in every_storage_sop_class():
            return uid
        nearest = [keyword for keyword in suggest_uid_keywords(value) if keyword.endswith("Storage")] if entry is None else []
        hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
        raise click.BadParameter(f"{printable(value)} is no storage SOP class of PS3.6{hint}", ctx, param)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        folded = incomplete.casefold()
        entries = (UIDDictionary.find_uid(uid) for uid in every_storage_sop_class())
        found = (entry for entry in entries if entry is not None and entry.keyword.casefold().startswith(folded))
        return [CompletionItem(entry.keyword, help=entry.name) for entry in found if not entry.is_retired]


@click.command("get", short_help="Get a study, series or instance from a peer (C-GET).")
@click.argument("peer", metavar="AET@HOST:PORT", type=PEER)
@what_arguments
@click.option("--to", "folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=str), required=True, help="Where to.")
@click.option("--hierarchy", is_flag=True, help="Make folders for studies and series.")
@click.option("--class", "classes", metavar="UID_OR_KEYWORD", type=_SOPClass(), multiple=True,
              help="Take this SOP class, instead of the 17 usual ones. Can be repeated.")  # fmt: skip
@click.option("--transfer-syntax", "syntaxes", metavar="NAME", type=TRANSFER_SYNTAX, multiple=True,
              help="Take this transfer syntax, instead of all that are usual. Can be repeated, the most wanted first.")  # fmt: skip
@retrieval_timeout_option
@calling_ae_option
def command(peer: Peer, study_uid: str, series_uid: str | None, sop_uid: str | None, folder: str, hierarchy: bool, classes: tuple[str, ...],
            syntaxes: tuple[TransferSyntax, ...], timeout: float, calling_ae: str) -> int:  # fmt: skip
    """Get a study, or a series or an instance of it, from the peer at HOST and PORT whose AE title is AET (C-GET).

    Each instance is written to a DICOM file in FOLDER, as the peer has it. An instance that fails is named. The exit code is 1 if any
    failed, and 0 if there was nothing to get, too. Ctrl-C cancels; what has come stays.

    The peer can send only SOP classes that were asked for: by default CT, MR, US, SC, CR, DX, mammography, NM, PET and RT. For others, such
    as reports, segmentations and angiography, say --class.

    \b
    dicomkit get PACS@pacs.example:11112 1.2.3 --to study
    dicomkit get PACS@pacs.example:11112 1.2.3 1.2.3.4 --to study --hierarchy
    dicomkit get PACS@pacs.example:11112 1.2.3 --to study --class SegmentationStorage --class CTImageStorage
    dicomkit get PACS@pacs.example:11112 1.2.3 --to study --transfer-syntax ExplicitVRLittleEndian
    """
    keys = keys_of(study_uid, series_uid, sop_uid)
    settings = RetrieveConfiguration(
        calling_ae_title=calling_ae,
        called_ae_title=peer.ae_title,
        timeout=timeout,
        transfer_syntaxes=tuple(syntax.uid for syntax in syntaxes) or None,
    )
    handler = DefaultStorageHandler(folder, organize_by_hierarchy=hierarchy)
    events = DICOMRetrieveService.get(
        keys, host=peer.host, port=peer.port, storage_sop_classes=classes or None, handler=handler, configuration=settings
    )
    ask = f"dicomkit find {peer} StudyInstanceUID={printable(study_uid)} --return SOPClassesInStudy"
    hint = f"the peer sends only SOP classes and transfer syntaxes that are asked for: see --class, and what there is by {ask}"
    return run_network(_get(events, Tally(peer, keys, is_ours=True), hint, f"from {peer} written to {printable(folder)}"))


async def _get(events: AsyncGenerator[RetrieveEvent, None], tally: Tally, hint: str, what: str) -> int:
    await retrieve(events, tally, "Getting")
    # That it failed is all that peers say of an instance that was not asked for.
    has_not_sent = tally.failed > tally.refused
    if tally.error is not None:
        say_failure(tally.error, hint if has_not_sent else "the peer may not have it: dicomkit find tells")
    elif has_not_sent:
        say("hint", hint)
    if tally.is_nothing:
        click.echo(tally.nothing())
    elif tally.error is None or tally.done:
        click.echo(tally.summary(what))
    return tally.exit_code
