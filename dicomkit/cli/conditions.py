"""What is looked for, as it stands on a command line: ``KEY=VALUE``, ``KEY``, ``KEY:VR=VALUE``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from dicomkit.cli.console import printable
from dicomkit.cli.parameters import ATTRIBUTE
from dicomkit.dictionary import DataElementDictionary
from dicomkit.errors import InvalidValueError
from dicomkit.network.services.information_model import QueryLevel
from dicomkit.network.services.query_keys import QueryKeys
from dicomkit.tags import QueryRetrieveLevel
from dicomkit.vr import VR

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from dicomkit.tag import Tag

    ConditionType = click.ParamType["Condition"]    # generic in stubs only, in the oldest click that we take
else:
    ConditionType = click.ParamType

__all__ = ["CONDITION", "Condition"]

_INTEGERS = frozenset({VR.SL, VR.SS, VR.SV, VR.UL, VR.US, VR.UV})
_FLOATS = frozenset({VR.FD, VR.FL})
_DATE_WITH_DASHES = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_YEAR_OR_MONTH = re.compile(r"\d{4}(-\d\d)?")


@dataclass(frozen=True, slots=True)
class Condition:
    """A key, and the text that it is matched with; None for one that is only asked for."""

    tag: Tag
    vr: VR | None
    text: str | None

    @property
    def known_vr(self) -> VR | None:
        """The VR, if it was said or the dictionary has it."""
        known = DataElementDictionary.find_tag(self.tag)
        return self.vr or (known.vr[0] if known and known.vr else None)

    def apply_to(self, keys: QueryKeys) -> QueryKeys:
        """Return the keys with this one.

        Raises
        ------
        InvalidValueError
            If it is no key of a query, or its VR cannot hold the text.
        """
        vr = self.known_vr
        return keys.matching(self.tag, _value_of(self.text, vr, self.tag), vr) if self.text else keys.returning(self.tag, vr)


def _value_of(text: str, vr: VR | None, tag: Tag) -> Any:
    """What a text matches. Text goes to the peer as it is, but for dates and times: these may be written as we show them."""
    if vr is VR.DA:
        if _YEAR_OR_MONTH.fullmatch(text):
            raise InvalidValueError(f"{text!r} is no date: write 20240131, or a range such as 20240101-20240131", tag=int(tag))
        return _DATE_WITH_DASHES.sub(r"\1\2\3", text)
    if vr is VR.TM:
        return text.replace(":", "")
    if vr is None or vr.is_text:
        return text
    if vr not in _INTEGERS and vr not in _FLOATS:
        raise InvalidValueError(f"{vr} cannot be matched here, only asked for: leave out the value", tag=int(tag))
    try:
        return [int(part) if vr in _INTEGERS else float(part) for part in text.split("\\")]
    except ValueError:
        raise InvalidValueError(f"{vr} takes numbers, several with backslashes between", tag=int(tag)) from None


class _ConditionType(ConditionType):
    """``KEY`` or ``KEY=VALUE``, with the VR behind the key if the dictionaries don't know it."""

    name = "KEY[=VALUE]"

    def convert(self, value: str | Condition, param: click.Parameter | None, ctx: click.Context | None) -> Condition:
        if not isinstance(value, str):
            return value
        key, equals, text = value.partition("=")
        key, colon, letters = key.partition(":")
        tag = ATTRIBUTE.convert(key.strip(), param, ctx)
        try:
            vr = VR(letters.strip().upper()) if colon else None
        except ValueError:
            self.fail(f"{letters!r} is no VR", param, ctx)
        condition = Condition(tag, vr, text if equals else None)
        if tag == QueryRetrieveLevel:
            self.fail("--level says what is looked for", param, ctx)
        if condition.known_vr is None:
            self.fail(f"a VR that nobody knows: write {key}:VR{equals}{text}", param, ctx)
        try:
            condition.apply_to(QueryKeys(QueryLevel.STUDY))
        except InvalidValueError as error:
            self.fail(printable(str(error)), param, ctx)
        return condition

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [] if "=" in incomplete else ATTRIBUTE.shell_complete(ctx, param, incomplete)


CONDITION = _ConditionType()
