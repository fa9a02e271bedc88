"""Whether a VR can hold a value, asked when it is set (PS3.5 6.2, 6.4). Reading is more patient.

Each check gives the problem in words, which never hold the value, or None.
"""

from __future__ import annotations

from functools import lru_cache

from dicomkit._core.date_time import DICOMDateTime
from dicomkit._core.dictionary_table import find_element
from dicomkit._core.number_string import DICOMDecimalString, DICOMIntegerString
from dicomkit._core.temporal import DICOMDate, DICOMTime
from dicomkit.values.unique_identifier import DICOMUniqueIdentifier
from dicomkit.vr import VR

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable

__all__ = ["check_multiplicity", "check_text"]

# Patterns of what is right: one match is the whole check for nearly every value. Compiled when first needed: start-up.
_CODE_STRING = r"[A-Z0-9 _]{0,16}"
_APPLICATION_ENTITY = r"[ -\[\]-~]{0,16}"
_AGE = r"(?:\d{3}[DWMY])?"
_DATE = r"(?:\d{8})?"
_TIME = r"(?:\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)?"
_DATE_TIME = r"(?:\d{4,14}(?:\.\d{1,6})?(?:[+-]\d{4})?)?"
# No ESC: it is for code extensions (PS3.5 6.1.3), which are made of the text when it is written. No C1, which DICOM does not use (6.1).
_NO_CONTROLS = r"[^\x00-\x1f\x7f-\x9f\\]*"
_FREE_TEXT = r"[^\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]*"  # TAB, LF, FF and CR may stand in it
_RESOURCE = r"(?:[A-Za-z][A-Za-z0-9+.\-]*:)?[!-~]* *"
_MOST_COMPONENTS = 5
_MOST_GROUPS = 3
_PERSON_NAME_LENGTH = 64  # of a component group


def check_text(vr: VR, text: str) -> str | None:
    """Say what keeps one value from being of a text VR: its length, its characters, or what they mean."""
    return _CHECKS[vr](text)


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    import re  # lazy: start-up

    return re.compile(pattern, re.ASCII)  # numbers are ASCII, whatever digits Unicode has


def _matches(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


def _limited(pattern: str, longest: int | None) -> Callable[[str], str | None]:
    def check(text: str) -> str | None:
        if longest is not None and len(text) > longest:
            return f"{len(text)} characters, and at most {longest} are allowed"
        return None if _matches(pattern, text) else "a character that is not allowed"

    return check


def _check_code_string(text: str) -> str | None:
    stripped = text.strip(" ")
    if _matches(_CODE_STRING, stripped):
        return None
    if len(stripped) > 16:
        return f"{len(stripped)} characters, and at most 16 are allowed"
    return "a character other than capital letters, digits, space and underscore"


def _check_application_entity(text: str) -> str | None:
    stripped = text.strip(" ")
    return None if _matches(_APPLICATION_ENTITY, stripped) else "more than 16 characters, or one that is not allowed"


def _check_age(text: str) -> str | None:
    return None if _matches(_AGE, text.strip(" ")) else "no age: three digits and D, W, M or Y"


def _check_date(text: str) -> str | None:
    text = text.strip(" ")
    return None if not text or (_matches(_DATE, text) and DICOMDate.parse(text) is not None) else "no date YYYYMMDD of the calendar"


def _check_time(text: str) -> str | None:
    text = text.strip(" ")
    return None if not text or (_matches(_TIME, text) and DICOMTime.parse(text) is not None) else "no time HHMMSS.FFFFFF"


def _check_date_time(text: str) -> str | None:
    text = text.strip(" ")
    is_right = not text or (_matches(_DATE_TIME, text) and DICOMDateTime.parse(text) is not None)
    return None if is_right else "no date and time YYYYMMDDHHMMSS.FFFFFF&ZZXX"


def _check_decimal(text: str) -> str | None:
    if len(text) > 16:
        return f"{len(text)} characters, and at most 16 are allowed"
    return None if not text.strip(" ") or DICOMDecimalString.parse(text) is not None else "no decimal number"


def _check_integer(text: str) -> str | None:
    if len(text) > 12:
        return f"{len(text)} characters, and at most 12 are allowed"
    return None if not text.strip(" ") or DICOMIntegerString.parse(text) is not None else "no integer of 32 bits"


def _check_uid(text: str) -> str | None:
    text = text.rstrip("\0 ")
    return None if not text or DICOMUniqueIdentifier.parse(text) is not None else "no UID"


def _check_person_name(text: str) -> str | None:
    if len(text) <= _PERSON_NAME_LENGTH and text.count("^") < _MOST_COMPONENTS and _matches(_NO_CONTROLS, text) and text.count("=") < 1:
        return None
    groups = text.split("=")
    if len(groups) > _MOST_GROUPS:
        return f"{len(groups)} component groups, and at most {_MOST_GROUPS} are allowed"
    for group in groups:
        if len(group) > _PERSON_NAME_LENGTH:
            return f"a component group of {len(group)} characters, and at most {_PERSON_NAME_LENGTH} are allowed"
        if group.count("^") >= _MOST_COMPONENTS:
            return f"{group.count('^') + 1} components, and at most {_MOST_COMPONENTS} are allowed"
    return None if _matches(_NO_CONTROLS, text) else "a character that is not allowed"


_CHECKS: dict[VR, Callable[[str], str | None]] = {
    VR.AE: _check_application_entity,
    VR.AS: _check_age,
    VR.CS: _check_code_string,
    VR.DA: _check_date,
    VR.DS: _check_decimal,
    VR.DT: _check_date_time,
    VR.IS: _check_integer,
    VR.LO: _limited(_NO_CONTROLS, 64),
    VR.LT: _limited(_FREE_TEXT, 10240),
    VR.PN: _check_person_name,
    VR.SH: _limited(_NO_CONTROLS, 16),
    VR.ST: _limited(_FREE_TEXT, 1024),
    VR.TM: _check_time,
    VR.UC: _limited(_NO_CONTROLS, None),
    VR.UI: _check_uid,
    VR.UR: _limited(_RESOURCE, None),
    VR.UT: _limited(_FREE_TEXT, None),
}

_Multiplicity = tuple[int, int | None, int]  # fewest, most or None for no limit, and the step from the fewest on
_KNOWN: dict[int, _Multiplicity | None] = {}  # as far as asked for; two threads find the same


def check_multiplicity(tag: int, count: int) -> str | None:
    """Say what is wrong with the number of values for an element of PS3.6; nothing for others, and for an empty one."""
    if tag in _KNOWN:
        allowed = _KNOWN[tag]
    else:
        row = find_element(tag)
        allowed = _KNOWN[tag] = _parse_multiplicity(row[5]) if row and row[5] else None
    if allowed is None or count == 0:
        return None
    fewest, most, step = allowed
    if count < fewest or (most is not None and count > most) or (count - fewest) % step:
        return f"{count} values, which PS3.6 does not have there: {_describe(allowed)}"
    return None


def _parse_multiplicity(text: str) -> _Multiplicity | None:
    """Read a Value Multiplicity as PS3.6 writes it: "1", "1-3", "2-n", "3-3n" (PS3.5 6.4)."""
    found = _compiled(r"(\d+)(?:-(\d*)(n?))?").fullmatch(text)
    if not found:
        return None
    fewest, last, is_open = int(found[1]), found[2], found[3]
    if last is None:
        return fewest, fewest, 1
    return (fewest, None, int(last or 1)) if is_open else (fewest, int(last), 1)


def _describe(allowed: _Multiplicity) -> str:
    fewest, most, step = allowed
    if most == fewest:
        return str(fewest)
    return f"{fewest}-{'' if step == 1 else step}{most or 'n'}"
