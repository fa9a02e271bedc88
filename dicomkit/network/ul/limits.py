"""What a peer may make us hold."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["UpperLayerLimits"]

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class UpperLayerLimits:
    """Limits on what a peer sends, each checked against a length before anything of it is kept.

    Parameters
    ----------
    associate_length
        The longest A-ASSOCIATE-RQ or -AC, in bytes. 128 contexts with every transfer syntax of PS3.6 take 200 KB.
    data_length
        The longest P-DATA-TF. Some peers send longer ones than they were told to (PS3.8 D.1), and as no PDU is ever held as a whole,
        those cost nothing: the limit is this or the maximum length that we announced, whichever is greater.
    """

    associate_length: int = MEBIBYTE
    data_length: int = MEBIBYTE
