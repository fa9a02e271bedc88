"""DICOM files (PS3.10 7)."""

from __future__ import annotations

from functools import cache, lru_cache, partial

from dicomkit.dataset import DataSet
from dicomkit.dictionary import suggest_keywords
from dicomkit.element import DataElement
from dicomkit.encoding.options import ReadOptions
from dicomkit.encoding.parser import PREAMBLE_LENGTH, ParsedFile, parse_file
from dicomkit.encoding.source import open_source
from dicomkit.encoding.write_options import WriteOptions
from dicomkit.errors import PixelDataError, UnknownKeywordError, UnsupportedTransferSyntaxError
from dicomkit.image_shortcuts import ImageShortcuts
from dicomkit.transfer_syntax import EXPLICIT_VR_LITTLE_ENDIAN, TransferSyntax
from dicomkit.uid import generate_uid
from dicomkit.uids import SecondaryCaptureImageStorage
from dicomkit.values.unique_identifier import DICOMUniqueIdentifier

TYPE_CHECKING = False  # typing's own costs 8 ms at start-up
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator
    from types import ModuleType
    from typing import IO, Any, Self

    import numpy.typing as npt

    from dicomkit.element import Key
    from dicomkit.encoding.serializer import SerializedFile
    from dicomkit.errors import DICOMError

__all__ = ["DICOMFile", "read"]

_DEFAULT_OPTIONS = ReadOptions()
_DEFAULT_WRITE_OPTIONS = WriteOptions()


def read(source: str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes], options: ReadOptions = _DEFAULT_OPTIONS,
         **overrides: Any) -> DICOMFile:  # fmt: skip
    """Read a DICOM file (PS3.10 7).

    Elements and values are made when they are looked at. Buffers are kept, not copied: do not change them while the file is in
    use. Large files are left on disk and read as values are asked for (``ReadOptions.defer_larger_than``); such a file stays open
    while its data set, or anything that was got from it, lives.

    Parameters
    ----------
    source
        A path, bytes-like, or a binary file object, seekable or not, which is read to its end.
    options
        How to read.
    **overrides
        Fields of :class:`ReadOptions`, such as ``force=True``.

    Raises
    ------
    SourceError
        If a path cannot be opened or read; it is an ``OSError``, and a ``FileNotFoundError`` where that is the reason.
    EncodingError
        If the bytes break PS3.5 or PS3.10: of which kind, at which offset, in which element.
    UnsupportedTransferSyntaxError
        If PS3.6 does not list the transfer syntax.
    """
    return DICOMFile._parsed(source, _with_overrides(options, overrides) if overrides else options)


@lru_cache(maxsize=64)
def _options(**fields: Any) -> ReadOptions:
    return ReadOptions(**fields)


def _with_overrides(options: ReadOptions, overrides: dict[str, Any]) -> ReadOptions:
    """Return the options, those made before where they can be looked up: who reads a header often reads a thousand."""
    if options is _DEFAULT_OPTIONS:
        try:
            return _options(**overrides)
        except TypeError:  # a list among them, or what ReadOptions does not have
            pass
    return options.replace(**overrides)


class DICOMFile(ImageShortcuts):
    """A DICOM file: File Meta Information and a data set, to which keys and keywords are handed on.

    ``f.PatientName``, ``f["PatientName"]``, ``in``, iteration and the typed getters are those of :attr:`data_set`.

    Attributes
    ----------
    preamble
        The 128 bytes before the prefix, or None (PS3.10 7.1).
    file_meta_information
        The elements of group 0002.
    data_set
        The data set.
    transfer_syntax
        How the data set is encoded.
    error
        What ended the reading early, when it was read with ``partial=True``; else None.
    """

    __slots__ = ("data_set", "error", "file_meta_information", "preamble", "transfer_syntax")

    preamble: bytes | None
    file_meta_information: DataSet
    data_set: DataSet
    transfer_syntax: TransferSyntax
    error: DICOMError | None

    def __init__(self, parsed: ParsedFile) -> None:
        put = object.__setattr__  # past our own, which hands keywords on
        put(self, "preamble", parsed.preamble)
        put(self, "file_meta_information", parsed.file_meta_information)
        put(self, "data_set", parsed.data_set)
        put(self, "transfer_syntax", parsed.transfer_syntax)
        put(self, "error", parsed.error)

    @classmethod
    def read(cls, source: str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes], options: ReadOptions = _DEFAULT_OPTIONS,
             **overrides: Any) -> DICOMFile:  # fmt: skip
        """Read a file; the same as :func:`dicomkit.read`."""
        return read(source, options, **overrides)

    @classmethod
    def _parsed(cls, source: object, options: ReadOptions) -> DICOMFile:
        return cls(open_source(source, options, partial(parse_file, options=options)))

    # Making, converting and writing.

    @classmethod
    def create(
        cls,
        data_set: DataSet,
        *,
        sop_class_uid: str | None = None,
        sop_instance_uid: str | None = None,
        transfer_syntax_uid: str | TransferSyntax = EXPLICIT_VR_LITTLE_ENDIAN,
    ) -> Self:
        """Make a file of a data set, which is copied, with File Meta Information (PS3.10 7.1).

        Parameters
        ----------
        data_set
            What the file holds. SOP Class UID and SOP Instance UID are written into the copy where it has none.
        sop_class_uid
            By default the data set's, or Secondary Capture Image Storage.
        sop_instance_uid
            By default the data set's, or a new one.
        transfer_syntax_uid
            UID, keyword or name of the transfer syntax that :meth:`write` uses.

        Raises
        ------
        UnsupportedTransferSyntaxError
            If PS3.6 does not have the transfer syntax.
        PixelDataError
            If pixel data is compressed and the syntax is for native pixels, or the other way round, or the syntax has no place for any.
        InvalidValueError
            If a UID is none.
        """
        serializer = _serializer()
        syntax = _syntax_for(data_set, transfer_syntax_uid)
        body = data_set.copy()
        serializer.check_pixel_data(body, syntax)
        if sop_class_uid is not None or body.get("SOPClassUID") is None:
            body.set_uid("SOPClassUID", sop_class_uid or SecondaryCaptureImageStorage)
        if sop_instance_uid is not None or body.get("SOPInstanceUID") is None:
            body.set_uid("SOPInstanceUID", sop_instance_uid or generate_uid())
        meta = serializer.complete_file_meta(DataSet(), body, syntax)
        return cls(ParsedFile(bytes(PREAMBLE_LENGTH), meta, body, syntax, None))

    def transcode(self, transfer_syntax: str | TransferSyntax, *, workers: int = 1, **options: Any) -> DICOMFile:
        """Return a copy in another transfer syntax: its pixels decoded, encoded, or both, and its attributes saying so (PS3.5 8.2).

        Between native syntaxes nothing is converted before it is written. Where pixels are lost the copy is an instance of its own, derived
        from this one: new SOP Instance UID, Source Image Sequence, Lossy Image Compression with ratio and method (PS3.3 C.7.6.1.1.5).

        Parameters
        ----------
        transfer_syntax
            UID, keyword or name.
        workers
            How many threads decode and encode frames.
        **options
            What the encoder is told, fields of :class:`dicomkit.codecs.EncodeOptions`: ``quality`` or ``compression_ratio`` of lossy
            syntaxes, ``psnr`` of lossy JPEG 2000, ``maximum_error`` of near-lossless JPEG-LS, ``predictor`` of lossless JPEG. With any of
            them, pixels that are in the transfer syntax already are encoded again.

        Raises
        ------
        UnsupportedTransferSyntaxError
            If PS3.6 does not have the transfer syntax.
        NoCodecError
            If no codec that decodes or encodes it is installed; it says what to install.
        CodecError
            If a frame could not be decoded or encoded; it names the frame.
        PixelDataError
            If the image has no place in the transfer syntax, or its attributes and data contradict each other.
        MissingRequiredElementError
            If the attributes to understand the pixels are missing.
        ValueError
            If there are options for a transfer syntax of native pixels.
        """
        syntax = _syntax_for(self.data_set, transfer_syntax)
        if options and not syntax.is_encapsulated:
            raise ValueError(f"{syntax.name} has no encoder to be told {', '.join(sorted(options))}")
        twin = self.copy()
        if syntax == self.transfer_syntax and not options:
            return twin
        if syntax.is_encapsulated or self.transfer_syntax.is_encapsulated:
            from dicomkit.pixels.transcode import transcode_data_set  # lazy: start-up (it imports NumPy)

            twin.data_set = transcode_data_set(self.data_set, self.transfer_syntax, syntax, workers=workers, **options)
        else:
            _serializer().check_pixel_data(self.data_set, syntax)
        twin.transfer_syntax = syntax
        twin.file_meta_information.set_uid("TransferSyntaxUID", syntax.uid)
        return twin

    def set_pixel_array(
        self,
        array: npt.ArrayLike,
        *,
        photometric_interpretation: str | None = None,
        bits_stored: int | None = None,
        planar_configuration: int = 0,
        workers: int = 1,
        **options: Any,
    ) -> None:
        """Set the pixels from an array, and the image attributes that describe them (PS3.3 C.7.6.3, C.7.6.24, C.7.6.25).

        Integers become Pixel Data, ``bool`` its 1-bit cells, and floating point numbers Float or Double Float Pixel Data. In a file of a
        compressed transfer syntax they are encoded. Each parameter, what else changes in the data set, and the errors are told by
        :func:`dicomkit.pixels.assign.set_pixel_array`.
        """
        from dicomkit.pixels.assign import set_pixel_array  # lazy: start-up

        set_pixel_array(
            self.data_set,
            self.transfer_syntax,
            array,
            photometric_interpretation=photometric_interpretation,
            bits_stored=bits_stored,
            planar_configuration=planar_configuration,
            workers=workers,
            **options,
        )

    def write(
        self,
        target: str | os.PathLike[str] | IO[bytes] | None = None,
        options: WriteOptions = _DEFAULT_WRITE_OPTIONS,
        *,
        frames: Iterable[bytes | memoryview] | None = None,
        **overrides: Any,
    ) -> bytes | None:
        """Write the file (PS3.10 7): what was read and not touched as it was, everything else in :attr:`transfer_syntax`.

        A path gets the whole file or stays as it is: a temporary file beside it is renamed at the end, which is why a file that may only be
        read is replaced where its folder may be written. File Meta Information is made
        consistent with the data set: group length, class, instance, transfer syntax, and dicomkit's implementation UID where anything was
        touched. The objects stay as they are.

        Parameters
        ----------
        target
            A path, or a binary file object; by default the bytes are returned.
        options
            How to write.
        frames
            Pixel Data, frame by frame, in place of the data set's: bytes-like objects in the byte order of the file, which are taken when
            their turn comes, so that they need not be in memory together. For native syntaxes as many bytes as Rows, Columns, Samples
            per Pixel, Bits Allocated and Number of Frames say; for encapsulated ones each is one fragment, and there are as many as Number
            of Frames says, but for video, which is one stream.
        **overrides
            Fields of :class:`WriteOptions`, such as ``fsync=True``.

        Raises
        ------
        TargetError
            If the path cannot be written, or a file object takes no more.
        InvalidValueError
            If text does not fit into the data set's character set, or a value into its VR; or if in a directory (PS3.3 F) that was read an
            offset leads to a record that is not there.
        EncodingError
            If the data set cannot be written by the rules; ``lenient=True`` writes what was read all the same.
        MissingRequiredElementError
            If SOP Class UID or SOP Instance UID is missing, unless it was read without.
        InvalidTagError
            If File Meta Information has an element of another group than 0002.
        PixelDataError
            If pixel data is compressed and the transfer syntax is for native pixels, or the other way round; or if ``frames`` are not what
            the image attributes say, or the data set has Float Pixel Data.
        """
        settings = options.replace(**overrides) if overrides else options
        if self.error is not None and not settings.lenient:
            raise self.error
        data_set = self.data_set
        stream = None
        if frames is not None:
            from dicomkit.encoding.pixel_stream import stream_of_frames  # lazy: start-up

            stream = stream_of_frames(data_set, self.transfer_syntax, frames)
            data_set = data_set.copy()
            data_set["PixelData"] = DataElement("PixelData", stream.vr, None)
        out: SerializedFile = _serializer().serialize_file(
            self.preamble, self.file_meta_information, data_set, self.transfer_syntax, settings, stream
        )
        if target is None:
            return out.to_bytes()
        if hasattr(target, "write"):
            from dicomkit.encoding.file_objects import write_chunks  # lazy: start-up

            write_chunks(target, out.chunks())
        else:
            from dicomkit.encoding.atomic import write_file  # lazy: start-up

            write_file(target, out.chunks(), fsync=settings.fsync)
        return None

    # File Meta Information.

    @property
    def transfer_syntax_uid(self) -> DICOMUniqueIdentifier | None:
        """Transfer Syntax UID (0002,0010) as it stands in the file."""
        return self.file_meta_information.uid("TransferSyntaxUID")

    @property
    def sop_class_uid(self) -> DICOMUniqueIdentifier | None:
        """SOP Class UID (0008,0016) of the data set."""
        return self.data_set.uid("SOPClassUID")

    @property
    def sop_instance_uid(self) -> DICOMUniqueIdentifier | None:
        """SOP Instance UID (0008,0018) of the data set."""
        return self.data_set.uid("SOPInstanceUID")

    # The data set.

    def __getattr__(self, name: str) -> Any:
        if name in DICOMFile.__slots__:  # unset, as while unpickling: asking the data set for it would not end
            raise AttributeError(name)
        if "a" <= name[:1] <= "z" and not hasattr(DataSet, name):
            raise UnknownKeywordError(name, suggest_keywords)
        return getattr(self.data_set, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in DICOMFile.__slots__:
            object.__setattr__(self, name, value)
        else:
            setattr(self.data_set, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self.data_set, name)

    def __getitem__(self, key: Key) -> DataElement:
        return self.data_set[key]

    def __setitem__(self, key: Key, value: Any) -> None:
        self.data_set[key] = value

    def __delitem__(self, key: Key) -> None:
        del self.data_set[key]

    def __contains__(self, key: Key) -> bool:
        return key in self.data_set

    def __len__(self) -> int:
        return len(self.data_set)

    def __iter__(self) -> Iterator[DataElement]:
        return iter(self.data_set)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *dir(self.data_set)})

    def copy(self) -> DICOMFile:
        """Return a file whose data sets can be changed without changing this one's; bytes that were read are shared."""
        return DICOMFile(
            ParsedFile(self.preamble, self.file_meta_information.copy(), self.data_set.copy(), self.transfer_syntax, self.error)
        )

    def __copy__(self) -> DICOMFile:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> DICOMFile:
        return self.copy()

    def __getstate__(self) -> tuple[Any, ...]:
        return self.preamble, self.file_meta_information, self.data_set, self.transfer_syntax, self.error

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.__init__(ParsedFile(*state))  # type: ignore[misc]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DICOMFile):
            return NotImplemented
        return self.file_meta_information == other.file_meta_information and self.data_set == other.data_set

    __hash__ = None  # type: ignore[assignment]  # as a data set: it can change

    def __str__(self) -> str:
        from dicomkit.display import format_file  # lazy: start-up

        return format_file(self)

    def __repr__(self) -> str:
        return f"<DICOMFile {self.transfer_syntax.name}, {len(self.data_set)} elements>"

    def _repr_html_(self) -> str:
        from dicomkit.display import html_of_file  # lazy: start-up

        return html_of_file(self)


@cache
def _serializer() -> ModuleType:
    """Return the room that writes: kept, as an import that is done before still takes a microsecond."""
    from dicomkit.encoding import serializer  # lazy: start-up

    return serializer


def _syntax_for(data_set: DataSet, transfer_syntax: str | TransferSyntax) -> TransferSyntax:
    """Return the transfer syntax of a UID, keyword or name, in which a data set can be encoded."""
    syntax = transfer_syntax if isinstance(transfer_syntax, TransferSyntax) else TransferSyntax.find(transfer_syntax)
    if syntax is None or not syntax.is_data_set_encoding:
        name = str(transfer_syntax)
        raise UnsupportedTransferSyntaxError(name, f"{name:.64} is no transfer syntax of PS3.6 Annex A in which data sets are encoded")
    if "PixelData" in data_set and (syntax.compression == "JPIP" or syntax.keyword.startswith("SMPTE")):
        raise PixelDataError(f"{syntax.name} has no place for Pixel Data: pixels are behind a URL, or in a stream of their own (PS3.5 A)")
    return syntax
