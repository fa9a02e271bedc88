"""Value Representations (PS3.5 6.2)."""

from __future__ import annotations

from enum import StrEnum

from dicomkit.errors import InvalidVRError

__all__ = ["VR"]


class VR(StrEnum):
    """The 34 Value Representations of PS3.5 6.2. A member is its two-letter code: ``VR.PN == "PN"``."""

    AE = "AE"
    AS = "AS"
    AT = "AT"
    CS = "CS"
    DA = "DA"
    DS = "DS"
    DT = "DT"
    FD = "FD"
    FL = "FL"
    IS = "IS"
    LO = "LO"
    LT = "LT"
    OB = "OB"
    OD = "OD"
    OF = "OF"
    OL = "OL"
    OV = "OV"
    OW = "OW"
    PN = "PN"
    SH = "SH"
    SL = "SL"
    SQ = "SQ"
    SS = "SS"
    ST = "ST"
    SV = "SV"
    TM = "TM"
    UC = "UC"
    UI = "UI"
    UL = "UL"
    UN = "UN"
    UR = "UR"
    US = "US"
    UT = "UT"
    UV = "UV"

    @classmethod
    def parse(cls, code: bytes) -> VR:
        """Return the VR of the two bytes of an explicit VR header (PS3.5 7.1.2).

        Raises
        ------
        InvalidVRError
            If they are no VR; the message has them in hexadecimal.
        """
        try:
            return cls(code.decode("ascii"))
        except ValueError:
            raise InvalidVRError(f"{code.hex().upper()} is not a Value Representation") from None

    @property
    def has_long_length(self) -> bool:
        """Whether explicit headers have two reserved bytes and a 32-bit length (PS3.5 Table 7.1-1)."""
        return self in _LONG_LENGTH

    @property
    def is_text(self) -> bool:
        """Whether the value is characters."""
        return self in _DEFAULT_REPERTOIRE or self in _EXTENDED_REPERTOIRE

    @property
    def uses_default_repertoire(self) -> bool:
        """Whether the value is limited to the default character repertoire, ISO 646 (PS3.5 6.1.1)."""
        return self in _DEFAULT_REPERTOIRE

    @property
    def uses_specific_character_set(self) -> bool:
        """Whether Specific Character Set (0008,0005) replaces or extends the repertoire (PS3.5 6.1.2)."""
        return self in _EXTENDED_REPERTOIRE

    @property
    def is_multi_valued_text(self) -> bool:
        """Whether a backslash separates values; in ST, LT, UT and UR it is a character (PS3.5 6.2, 6.4)."""
        return self.is_text and self not in _SINGLE_TEXT

    @property
    def value_length(self) -> int | None:
        """Bytes of one value of a binary VR with a fixed length (4 for AT), else None."""
        return _VALUE_LENGTH.get(self)


_LONG_LENGTH = frozenset({VR.OB, VR.OD, VR.OF, VR.OL, VR.OV, VR.OW, VR.SQ, VR.SV, VR.UC, VR.UN, VR.UR, VR.UT, VR.UV})
_DEFAULT_REPERTOIRE = frozenset({VR.AE, VR.AS, VR.CS, VR.DA, VR.DS, VR.DT, VR.IS, VR.TM, VR.UI, VR.UR})
_EXTENDED_REPERTOIRE = frozenset({VR.LO, VR.LT, VR.PN, VR.SH, VR.ST, VR.UC, VR.UT})
_SINGLE_TEXT = frozenset({VR.LT, VR.ST, VR.UT, VR.UR})
_VALUE_LENGTH = {
    VR.AT: 4, VR.FD: 8, VR.FL: 4, VR.OD: 8, VR.OF: 4, VR.OL: 4, VR.OV: 8, VR.OW: 2, VR.OB: 1,
    VR.SL: 4, VR.SS: 2, VR.SV: 8, VR.UL: 4, VR.US: 2, VR.UV: 8,
}  # fmt: skip
