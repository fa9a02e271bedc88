"""The state machine of the Upper Layer as data: PS3.8 Tables 9-1 to 9-10."""

from __future__ import annotations

from enum import Enum, unique

__all__ = ["NEXT_STATE", "TRANSITIONS", "Action", "Event", "State"]


@unique
class State(Enum):
    """PS3.8 Tables 9-1 to 9-5."""

    __hash__ = object.__hash__  # Enum's own hashes the name, in Python; members are single

    STA1 = "idle"
    STA2 = "transport connection open, awaiting A-ASSOCIATE-RQ"
    STA3 = "awaiting the local A-ASSOCIATE response"
    STA4 = "awaiting the transport connection"
    STA5 = "awaiting A-ASSOCIATE-AC or A-ASSOCIATE-RJ"
    STA6 = "association established, ready for data transfer"
    STA7 = "awaiting A-RELEASE-RP"
    STA8 = "awaiting the local A-RELEASE response"
    STA9 = "release collision, requestor: awaiting the local A-RELEASE response"
    STA10 = "release collision, acceptor: awaiting A-RELEASE-RP"
    STA11 = "release collision, requestor: awaiting A-RELEASE-RP"
    STA12 = "release collision, acceptor: awaiting the local A-RELEASE response"
    STA13 = "awaiting the close of the transport connection"


@unique
class Event(Enum):
    """The rows of PS3.8 Table 9-10."""

    __hash__ = object.__hash__

    EVT1 = "A-ASSOCIATE request of the local user"
    EVT2 = "transport connection confirmed"
    EVT3 = "A-ASSOCIATE-AC received"
    EVT4 = "A-ASSOCIATE-RJ received"
    EVT5 = "transport connection indicated"
    EVT6 = "A-ASSOCIATE-RQ received"
    EVT7 = "A-ASSOCIATE response of the local user: accept"
    EVT8 = "A-ASSOCIATE response of the local user: reject"
    EVT9 = "P-DATA request of the local user"
    EVT10 = "P-DATA-TF received"
    EVT11 = "A-RELEASE request of the local user"
    EVT12 = "A-RELEASE-RQ received"
    EVT13 = "A-RELEASE-RP received"
    EVT14 = "A-RELEASE response of the local user"
    EVT15 = "A-ABORT request of the local user"
    EVT16 = "A-ABORT received"
    EVT17 = "transport connection closed"
    EVT18 = "ARTIM timer expired"
    EVT19 = "unrecognized or invalid PDU received"


@unique
class Action(Enum):
    """PS3.8 Tables 9-6 to 9-9; each is a method of ``UpperLayer``."""

    __hash__ = object.__hash__

    AE_1 = "request the transport connection"
    AE_2 = "send A-ASSOCIATE-RQ"
    AE_3 = "confirm the association: accepted"
    AE_4 = "confirm the association: rejected; close"
    AE_5 = "accept the transport connection; start ARTIM"
    AE_6 = "stop ARTIM; indicate the association, or send A-ASSOCIATE-RJ and start ARTIM"
    AE_7 = "send A-ASSOCIATE-AC"
    AE_8 = "send A-ASSOCIATE-RJ; start ARTIM"
    DT_1 = "send P-DATA-TF"
    DT_2 = "indicate P-DATA"
    AR_1 = "send A-RELEASE-RQ"
    AR_2 = "indicate the release"
    AR_3 = "confirm the release; close"
    AR_4 = "send A-RELEASE-RP; start ARTIM"
    AR_5 = "stop ARTIM"
    AR_6 = "indicate P-DATA while the release is awaited"
    AR_7 = "send P-DATA-TF before the release is answered"
    AR_8 = "indicate the release: collision"
    AR_9 = "send A-RELEASE-RP of the requestor"
    AR_10 = "confirm the release of the acceptor"
    AA_1 = "send A-ABORT of the service-user; start ARTIM"
    AA_2 = "stop ARTIM; close"
    AA_3 = "indicate the abort; close"
    AA_4 = "indicate A-P-ABORT"
    AA_5 = "stop ARTIM; no association was requested"
    AA_6 = "ignore the PDU"
    AA_7 = "send A-ABORT"
    AA_8 = "send A-ABORT of the service-provider; indicate A-P-ABORT; start ARTIM"


# Tables 9-6 to 9-9, "Next state is". AE-6 and AR-8 choose: a request that the provider itself refuses leads from AE-6 to Sta13,
# and a collision leads the acceptor from AR-8 to Sta10.
NEXT_STATE = {
    Action.AE_1: State.STA4,
    Action.AE_2: State.STA5,
    Action.AE_3: State.STA6,
    Action.AE_4: State.STA1,
    Action.AE_5: State.STA2,
    Action.AE_6: State.STA3,
    Action.AE_7: State.STA6,
    Action.AE_8: State.STA13,
    Action.DT_1: State.STA6,
    Action.DT_2: State.STA6,
    Action.AR_1: State.STA7,
    Action.AR_2: State.STA8,
    Action.AR_3: State.STA1,
    Action.AR_4: State.STA13,
    Action.AR_5: State.STA1,
    Action.AR_6: State.STA7,
    Action.AR_7: State.STA8,
    Action.AR_8: State.STA9,
    Action.AR_9: State.STA11,
    Action.AR_10: State.STA12,
    Action.AA_1: State.STA13,
    Action.AA_2: State.STA1,
    Action.AA_3: State.STA1,
    Action.AA_4: State.STA1,
    Action.AA_5: State.STA1,
    Action.AA_6: State.STA13,
    Action.AA_7: State.STA13,
    Action.AA_8: State.STA13,
}

# Table 9-10, row by row; the columns are Sta1 to Sta13 and a dash is an empty cell.
_TABLE = """
EVT1   AE_1  -     -     -     -     -     -     -     -     -     -     -     -
EVT2   -     -     -     AE_2  -     -     -     -     -     -     -     -     -
EVT3   -     AA_1  AA_8  -     AE_3  AA_8  AA_8  AA_8  AA_8  AA_8  AA_8  AA_8  AA_6
EVT4   -     AA_1  AA_8  -     AE_4  AA_8  AA_8  AA_8  AA_8  AA_8  AA_8  AA_8  AA_6
EVT5   AE_5  -     -     -     -     -     -     -     -     -     -     -     -
EVT6   -     AE_6  AA_8  -     AA_8  AA_8  AA_8  AA_8  AA_8  AA_8  AA_8  AA_8  AA_7
EVT7   -     -     AE_7  -     -     -     -     -     -     -     -     -     -
EVT8   -     -     AE_8  -     -     -     -     -     -     -     -     -     -
EVT9   -     -     -     -     -     DT_1  -     AR_7  -     -     -     -     -
EVT10  -     AA_1  AA_8  -     AA_8  DT_2  AR_6  AA_8  AA_8  AA_8  AA_8  AA_8  AA_6
EVT11  -     -     -     -     -     AR_1  -     -     -     -     -     -     -
EVT12  -     AA_1  AA_8  -     AA_8  AR_2  AR_8  AA_8  AA_8  AA_8  AA_8  AA_8  AA_6
EVT13  -     AA_1  AA_8  -     AA_8  AA_8  AR_3  AA_8  AA_8  AR_10 AR_3  AA_8  AA_6
EVT14  -     -     -     -     -     -     -     AR_4  AR_9  -     -     AR_4  -
EVT15  -     -     AA_1  AA_2  AA_1  AA_1  AA_1  AA_1  AA_1  AA_1  AA_1  AA_1  -
EVT16  -     AA_2  AA_3  -     AA_3  AA_3  AA_3  AA_3  AA_3  AA_3  AA_3  AA_3  AA_2
EVT17  -     AA_5  AA_4  AA_4  AA_4  AA_4  AA_4  AA_4  AA_4  AA_4  AA_4  AA_4  AR_5
EVT18  -     AA_2  -     -     -     -     -     -     -     -     -     -     AA_2
EVT19  -     AA_1  AA_8  -     AA_8  AA_8  AA_8  AA_8  AA_8  AA_8  AA_8  AA_8  AA_7
"""


def _read_table() -> dict[tuple[State, Event], Action]:
    found = {}
    for row in _TABLE.strip().splitlines():
        event, *cells = row.split()
        for state, cell in zip(State, cells, strict=True):
            if cell != "-":
                found[state, Event[event]] = Action[cell]
    return found


TRANSITIONS = _read_table()
"""What to do when an event comes in a state; what is absent is an empty cell."""
