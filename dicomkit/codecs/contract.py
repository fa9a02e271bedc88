"""What a codec is: the objects that plugins offer, and what they are given and give back.

A codec turns the encoded bytes of one frame into its cells, or back. It knows nothing of files, data sets, fragments or frame
numbers. It is called from several threads at once, and should let go of the GIL while it works.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from dicomkit.errors import PixelDataError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    import numpy.typing as npt

__all__ = ["Codec", "CodecError", "EncodeOptions", "EncodedFrame", "FrameDecoder", "FrameDescriptor", "FrameEncoder"]


class FrameDescriptor(Protocol):
    """What the image attributes say of a frame (PS3.3 C.7.6.3), which does not change. ``dicomkit.pixels.PixelDataDescriptor`` is one."""

    @property
    def rows(self) -> int:
        """Rows (0028,0010)."""

    @property
    def columns(self) -> int:
        """Columns (0028,0011)."""

    @property
    def samples_per_pixel(self) -> int:
        """Samples per Pixel (0028,0002): 1 or 3."""

    @property
    def bits_allocated(self) -> int:
        """Bits Allocated (0028,0100): 1, 8, 12, 16, 32 or 64."""

    @property
    def bits_stored(self) -> int:
        """Bits Stored (0028,0101)."""

    @property
    def high_bit(self) -> int:
        """High Bit (0028,0102): ``bits_stored - 1``, but in files of old."""

    @property
    def is_signed(self) -> bool:
        """Whether Pixel Representation (0028,0103) is 1."""

    @property
    def photometric_interpretation(self) -> str:
        """Photometric Interpretation (0028,0004)."""

    @property
    def planar_configuration(self) -> int:
        """Planar Configuration (0028,0006). Arrays have the samples of a pixel beside each other whatever it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodeOptions:
    """What the user wants of an encoder. None leaves it to the encoder; what does not apply to a syntax is refused or ignored.

    Attributes
    ----------
    transfer_syntax_uid
        Which of the codec's transfer syntaxes to write.
    quality
        1 to 100, for lossy JPEG and JPEG XL: higher is better and larger.
    maximum_error
        Largest difference of a sample, for near-lossless JPEG-LS.
    psnr
        Peak signal-to-noise ratio in dB, for lossy JPEG 2000: about what the encoder aims at, over the range of Bits Stored.
    compression_ratio
        Bytes of native pixels for each encoded byte, of lossy syntaxes: at least that much, at the best quality that allows it. Found by
        trying, so that it takes several times as long. Stands in place of ``quality`` and ``psnr``.
    predictor
        1 to 7, the selection value of JPEG Lossless (ISO/IEC 10918-1 H.1.2.1).
    """

    transfer_syntax_uid: str
    quality: int | None = None
    maximum_error: int | None = None
    psnr: float | None = None
    compression_ratio: float | None = None
    predictor: int | None = None


class EncodedFrame(NamedTuple):
    """What an encoder made, and what the data set must say of it.

    Attributes
    ----------
    data
        The codestream, not padded.
    photometric_interpretation
        Photometric Interpretation of the encoded frame (PS3.5 8.2).
    is_lossy
        Whether decoding may give other pixels than were encoded.
    """

    data: bytes
    photometric_interpretation: str
    is_lossy: bool = False


@runtime_checkable
class Codec(Protocol):
    """What all codecs have."""

    @property
    def name(self) -> str:
        """What users call it; one name, one codec."""

    @property
    def priority(self) -> int:
        """Of several codecs for a transfer syntax the one with the highest is used; those of dicomkit have 100."""

    @property
    def transfer_syntax_uids(self) -> Iterable[str]:
        """Which transfer syntaxes it decodes, or encodes, or both."""


class FrameDecoder(Codec, Protocol):
    """A codec that decodes."""

    def decode_frame(self, encoded: memoryview, descriptor: FrameDescriptor, out: npt.NDArray[Any]) -> str:
        """Decode one frame.

        Parameters
        ----------
        encoded
            The codestream; a byte of padding or more may follow it.
        descriptor
            What the data set says. A codestream that says otherwise is an error, before memory is taken on its word.
        out
            C-contiguous, filled by the codec: shape ``(rows, columns)``, or ``(rows, columns, samples_per_pixel)`` if there are
            several; signed or unsigned integers of the bytes that ``bits_allocated`` takes. They are cells as native pixel data
            has them (PS3.5 8.1.1): bits outside Bits Stored may be anything, dicomkit masks them and extends signs afterwards.
            A 1-bit cell is a byte that is 0 or 1. A codec with an attribute ``decodes_values`` that is true fills it with values
            instead, as an encoder is given them: in the lowest bits, signs extended, nothing beyond Bits Stored. No cell is looked at
            again then.

        Returns
        -------
        str
            The photometric interpretation of what is in ``out``: the descriptor's, or RGB once the codec has undone a colour
            transformation.

        Raises
        ------
        PixelDataError
            If the codestream is damaged, contradicts the descriptor, or needs what the codec cannot do. Any other exception is
            taken for the same, less well explained.
        """


class FrameEncoder(Codec, Protocol):
    """A codec that encodes."""

    def encode_frame(self, pixels: npt.NDArray[Any], descriptor: FrameDescriptor, options: EncodeOptions) -> EncodedFrame:
        """Encode one frame.

        Parameters
        ----------
        pixels
            C-contiguous, of the shape and type that ``out`` has in :meth:`FrameDecoder.decode_frame`. Values, not cells: their
            signs are extended. Not to be changed.

        Raises
        ------
        PixelDataError
            If the transfer syntax cannot hold such a frame.
        """


class CodecError(PixelDataError):
    """A frame that a codec could not decode or encode.

    Attributes
    ----------
    frame_index
        Which frame, from 0.
    transfer_syntax_uid
        The transfer syntax of the encoded frame.
    codec_name
        The codec that was used.
    """

    def __init__(self, message: str, *, frame_index: int, transfer_syntax_uid: str, codec_name: str) -> None:
        super().__init__(message)
        self.frame_index = frame_index
        self.transfer_syntax_uid = transfer_syntax_uid
        self.codec_name = codec_name

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (str(self), self.frame_index, self.transfer_syntax_uid, self.codec_name)


def _rebuild(message: str, frame_index: int, transfer_syntax_uid: str, codec_name: str) -> CodecError:
    return CodecError(message, frame_index=frame_index, transfer_syntax_uid=transfer_syntax_uid, codec_name=codec_name)
