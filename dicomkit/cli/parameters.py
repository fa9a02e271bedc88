"""Parameters that several verbs take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from dicomkit.dictionary import DataElementDictionary
from dicomkit.element import tag_for_key
from dicomkit.errors import InvalidTagError, UnknownKeywordError

if TYPE_CHECKING:
    from dicomkit.tag import Tag

    ParamType = click.ParamType[Tag]    # generic in stubs only, in the oldest click that we take
else:
    ParamType = click.ParamType

__all__ = ["ATTRIBUTE", "INPUT_FILE", "INPUT_PATH"]

INPUT_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=str)
INPUT_PATH = click.Path(exists=True, readable=True, path_type=str)


class _Attribute(ParamType):
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


ATTRIBUTE = _Attribute()
