"""A server of studies that is faster than any client: its answer is made before it is asked.

``python -m benchmarks.find_server PORT COUNT`` takes one association at a time, its first presentation context in Explicit VR Little Endian
and answers each C-FIND whose Message ID is 1 with the same studies, whatever it asks for.
"""

from __future__ import annotations

import socket
import sys
from itertools import chain

from dicomkit import tags
from dicomkit.dataset import DataSet
from dicomkit.encoding.serializer import serialize_data_set
from dicomkit.network.dimse import CFindResponse, DIMSEStatus
from dicomkit.network.dimse.command_set import serialize_command
from dicomkit.network.ul import AssociateAccept, AssociateRequest, PresentationContextResult, UserInformation
from dicomkit.network.ul.pdu import PDUType, ReleaseResponse, serialize_data_header
from dicomkit.transfer_syntax import EXPLICIT_VR_LITTLE_ENDIAN
from dicomkit.uids import StudyRootQueryRetrieveInformationModelFind

HOST = "127.0.0.1"
MAXIMUM_LENGTH = 16384
COMMAND, LAST = 1, 2
PDU_HEADER = 6


def main(port: int, count: int) -> None:
    """Serve for ever."""
    answer = b"".join(chain((match(number) for number in range(count)), (message(DIMSEStatus.SUCCESS),)))
    with socket.create_server((HOST, port)) as listener:
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                serve(connection, answer)


def match(number: int) -> bytes:
    """Return a pending response, as a PACS answers the usual keys of a study."""
    study = DataSet()
    for keyword, text in {
        "SpecificCharacterSet": "ISO_IR 100", "StudyDate": "20240102", "StudyTime": "101112.123", "AccessionNumber": f"A{number}",
        "QueryRetrieveLevel": "STUDY", "RetrieveAETitle": "BENCH", "ModalitiesInStudy": "CT", "ReferringPhysicianName": "Phantom^Referrer",
        "StudyDescription": "CT of something", "PatientName": f"Phantom^Number{number}", "PatientID": f"ID{number:06}",
        "PatientBirthDate": "19700102", "StudyInstanceUID": f"2.25.{number + 1}00000000000000000000", "StudyID": f"{number}",
        "NumberOfStudyRelatedSeries": "3", "NumberOfStudyRelatedInstances": "300",
    }.items():  # fmt: skip
        study.set_string(getattr(tags, keyword), text)
    return message(DIMSEStatus.PENDING, serialize_data_set(study, EXPLICIT_VR_LITTLE_ENDIAN).to_bytes())


def message(status: DIMSEStatus, identifier: bytes = b"") -> bytes:
    """Return a response in a PDU for its command and one for its Identifier."""
    response = CFindResponse(
        message_id_being_responded_to=1, status=status, affected_sop_class_uid=StudyRootQueryRetrieveInformationModelFind
    )
    command = serialize_command(response, has_data_set=bool(identifier))
    data = serialize_data_header(1, LAST, len(identifier)) + identifier if identifier else b""
    return serialize_data_header(1, COMMAND | LAST, len(command)) + command + data


def serve(connection: socket.socket, answer: bytes) -> None:
    """Serve one association."""
    while True:
        header = receive(connection, PDU_HEADER)
        if not header:
            return
        body = receive(connection, int.from_bytes(header[2:], "big"))
        if header[0] == PDUType.A_ASSOCIATE_RQ:
            request = AssociateRequest.parse(memoryview(body))
            context = request.presentation_contexts[0]
            result = PresentationContextResult(context.id, 0, EXPLICIT_VR_LITTLE_ENDIAN.uid)
            information = UserInformation(MAXIMUM_LENGTH, "2.25.1", "")
            connection.sendall(AssociateAccept((result,), information, request.called_ae_title, request.calling_ae_title).serialize())
        elif header[0] == PDUType.P_DATA_TF:
            if ends_identifier(body):
                connection.sendall(answer)
        else:
            connection.sendall(ReleaseResponse().serialize())
            return


def ends_identifier(body: bytes) -> bool:
    """Return whether the last fragment of a data set is in a P-DATA-TF."""
    offset = 0
    while offset < len(body):
        if body[offset + 5] == LAST:
            return True
        offset += 4 + int.from_bytes(body[offset : offset + 4], "big")
    return False


def receive(connection: socket.socket, count: int) -> bytes:
    """Return so many bytes; none at the end of the connection."""
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            return b""
        data += more
    return data


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
