"""The contract of codecs, on this one."""

from dicomkit_example_codec import ExampleCodec

from dicomkit.testing import CodecContract, FrameShape


class TestExampleCodec(CodecContract):
    codec = ExampleCodec()
    shapes = (
        FrameShape(),
        FrameShape(rows=1, columns=1),
        FrameShape(bits_stored=12),
        FrameShape(bits_stored=16, is_signed=True),
    )
