"""Calling codecs, so that whatever one of them does is a result or a :class:`CodecError`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomkit.codecs.contract import CodecError, EncodedFrame
from dicomkit.errors import PixelDataError
from dicomkit.transfer_syntax import TransferSyntax

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from dicomkit.codecs.contract import Codec, EncodeOptions, FrameDecoder, FrameDescriptor, FrameEncoder

__all__ = ["decode_frame", "encode_frame"]


def decode_frame(
    codec: FrameDecoder,
    encoded: memoryview,
    descriptor: FrameDescriptor,
    out: npt.NDArray[Any],
    *,
    transfer_syntax_uid: str,
    frame_index: int = 0,
) -> str:
    """Have a codec decode a frame into ``out``, and return the photometric interpretation of what is there now.

    Raises
    ------
    CodecError
        If the codec could not, for whatever reason. It names frame, transfer syntax and codec; what is in ``out`` then means nothing.
    """
    if not len(encoded):
        raise _error("the frame has no bytes", codec, transfer_syntax_uid, frame_index)
    try:
        photometric_interpretation = codec.decode_frame(encoded, descriptor, out)
    except Exception as error:      # a codec may wrap anything
        raise _error(_reason(error), codec, transfer_syntax_uid, frame_index) from error
    if not isinstance(photometric_interpretation, str):
        raise _error("the codec broke its contract: it did not say what colours came out", codec, transfer_syntax_uid, frame_index)
    return photometric_interpretation


def encode_frame(
    codec: FrameEncoder, pixels: npt.NDArray[Any], descriptor: FrameDescriptor, options: EncodeOptions, *, frame_index: int = 0
) -> EncodedFrame:
    """Have a codec encode a frame.

    Raises
    ------
    CodecError
        If the codec could not, for whatever reason. It names frame, transfer syntax and codec.
    """
    uid = options.transfer_syntax_uid
    try:
        encoded = codec.encode_frame(pixels, descriptor, options)
    except Exception as error:      # a codec may wrap anything
        raise _error(_reason(error), codec, uid, frame_index, "encode") from error
    if not isinstance(encoded, EncodedFrame) or not encoded.data:
        raise _error("the codec broke its contract: it gave back no encoded frame", codec, uid, frame_index, "encode")
    return encoded


def _reason(error: Exception) -> str:
    # Our own messages hold no values; those of other libraries are about codestreams, and cut in case they are not short.
    text = str(error).strip() or "no reason given"
    return text if isinstance(error, PixelDataError) else f"{type(error).__name__}: {text[:200]}"


def _error(reason: str, codec: Codec, transfer_syntax_uid: str, frame_index: int, verb: str = "decode") -> CodecError:
    syntax = TransferSyntax.from_uid(transfer_syntax_uid)
    what = f"{syntax.name} ({transfer_syntax_uid})" if syntax else transfer_syntax_uid
    return CodecError(
        f"{codec.name} cannot {verb} frame {frame_index} ({what}): {reason}",
        frame_index=frame_index,
        transfer_syntax_uid=transfer_syntax_uid,
        codec_name=codec.name,
    )
