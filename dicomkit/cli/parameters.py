"""Parameters that several verbs take."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from dicomkit.dictionary import DataElementDictionary
from dicomkit.element import tag_for_key
from dicomkit.errors import InvalidTagError, UnknownKeywordError
from dicomkit.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from dicomkit.tag import Tag

    # Generic in stubs only, in the oldest click that we take.
    TagType = click.ParamType[Tag]
    SyntaxType = click.ParamType[TransferSyntax]
else:
    TagType = SyntaxType = click.ParamType

__all__ = ["ATTRIBUTE", "INPUT_FILE", "INPUT_PATH", "TRANSFER_SYNTAX"]

INPUT_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=str)
INPUT_PATH = click.Path(exists=True, readable=True, path_type=str)


class _Attribute(TagType):
    """A keyword or a tag."""

    name = "keyword or tag"

    def convert(self, value: str | Tag, param: click.Parameter | None, ctx: click.Context | None) -> Tag:
        try:
            return tag_for_key(value)
        except (UnknownKeywordError, InvalidTagError) as error:
            self.fail(str(error), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        folded = incomplete.casefold()
        found = (entry for entry in DataElementDictionary.entries() if entry.keyword.casefold().startswith(folded))
        return [CompletionItem(entry.keyword, help=entry.name) for entry in found if entry.keyword and not entry.is_retired]


class _TransferSyntax(SyntaxType):
    """The keyword, name or UID of a transfer syntax."""

    name = "transfer syntax"

    def convert(self, value: str | TransferSyntax, param: click.Parameter | None, ctx: click.Context | None) -> TransferSyntax:
        if isinstance(value, TransferSyntax):
            return value
        found = TransferSyntax.find(value)
        if found is not None and found.is_data_set_encoding:
            return found
        keywords = {syntax.keyword.casefold(): syntax.keyword for syntax in TransferSyntax.all() if syntax.is_data_set_encoding}
        nearest = [keywords[keyword] for keyword in get_close_matches(value.casefold(), keywords)]
        hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
        raise click.BadParameter(f"{value} is no transfer syntax of PS3.6{hint}", ctx, param)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        folded = incomplete.casefold()
        found = (syntax for syntax in TransferSyntax.all() if syntax.keyword.casefold().startswith(folded))
        return [CompletionItem(syntax.keyword, help=syntax.name) for syntax in found if not syntax.is_retired]


ATTRIBUTE = _Attribute()
TRANSFER_SYNTAX = _TransferSyntax()
