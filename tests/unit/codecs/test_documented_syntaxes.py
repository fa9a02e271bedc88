"""docs/reference/transfer-syntaxes.md says what the codecs say."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from dicomkit import codecs
from dicomkit.codecs.distributions import find_distribution
from dicomkit.transfer_syntax import SUPPORTED_TRANSFER_SYNTAX_UIDS, TransferSyntax
from tests.conftest import need_decoder

DOC = Path(__file__).resolve().parents[3] / "docs" / "reference" / "transfer-syntaxes.md"
ROW = re.compile(r"^\| (?P<keyword>\w+) \| (?P<uid>[\d.]+) \| (?P<decodes>\w+) \| (?P<encodes>\w+) \| (?P<by>[\w-]+) \|", re.MULTILINE)
BUILT_IN = "dicomkit"


class Documented(NamedTuple):
    keyword: str
    uid: str
    decodes: bool
    encodes: bool
    by: str


ROWS = [
    Documented(found["keyword"], found["uid"], found["decodes"] == "yes", found["encodes"] == "yes", found["by"])
    for found in ROW.finditer(DOC.read_text(encoding="utf-8"))
]
INSTALLED = {info.codec.name: info for info in codecs.registry.codecs}


def test_every_syntax_that_we_offer_is_there_once():
    uids = [row.uid for row in ROWS]
    assert len(uids) == len(set(uids))
    offered = {syntax.uid for syntax in TransferSyntax.all() if find_distribution(syntax.uid)}
    assert {row.uid for row in ROWS if row.by != BUILT_IN} == offered
    assert {row.uid for row in ROWS if row.by == BUILT_IN} >= set(SUPPORTED_TRANSFER_SYNTAX_UIDS)


@pytest.mark.parametrize("row", ROWS, ids=[row.keyword for row in ROWS])
def test_names_and_codecs_are_right(row):
    assert TransferSyntax.get(row.uid).keyword == row.keyword
    if row.by == BUILT_IN:
        assert find_distribution(row.uid) is None
        return
    need_decoder(row.uid)
    info = INSTALLED[row.by]
    assert row.uid in info.transfer_syntax_uids
    assert (info.can_decode, info.can_encode) == (row.decodes, row.encodes)
    assert info.distribution == find_distribution(row.uid)
