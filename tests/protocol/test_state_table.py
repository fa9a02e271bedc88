"""Every cell of PS3.8 Table 9-10: what the machine does for each event in each state, seen from outside. Row NET-9."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from dicomkit.network.errors import InvalidStateError
from dicomkit.network.ul import (
    ARTIMTimerExpired,
    AssociateAccept,
    AssociateRequest,
    AssociationAborted,
    AssociationAccepted,
    AssociationRejected,
    AssociationRequested,
    ConnectionClosed,
    Event,
    PresentationContext,
    PresentationContextResult,
    PresentationDataReceived,
    ReleaseConfirmed,
    ReleaseRequested,
    Role,
    State,
    UpperLayer,
    UserInformation,
)
from dicomkit.network.ul.state_table import TRANSITIONS

from . import wire

ARTIM = 30.0
START = 1000.0
NOW = 1010.0

# Table 9-10 as printed: a row for each event, a column for each state.
TABLE = """
Evt1   AE-1 .    .    .    .    .    .    .    .    .     .    .    .
Evt2   .    .    .    AE-2 .    .    .    .    .    .     .    .    .
Evt3   .    AA-1 AA-8 .    AE-3 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
Evt4   .    AA-1 AA-8 .    AE-4 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
Evt5   AE-5 .    .    .    .    .    .    .    .    .     .    .    .
Evt6   .    AE-6 AA-8 .    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-7
Evt7   .    .    AE-7 .    .    .    .    .    .    .     .    .    .
Evt8   .    .    AE-8 .    .    .    .    .    .    .     .    .    .
Evt9   .    .    .    .    .    DT-1 .    AR-7 .    .     .    .    .
Evt10  .    AA-1 AA-8 .    AA-8 DT-2 AR-6 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
Evt11  .    .    .    .    .    AR-1 .    .    .    .     .    .    .
Evt12  .    AA-1 AA-8 .    AA-8 AR-2 AR-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
Evt13  .    AA-1 AA-8 .    AA-8 AA-8 AR-3 AA-8 AA-8 AR-10 AR-3 AA-8 AA-6
Evt14  .    .    .    .    .    .    .    AR-4 AR-9 .     .    AR-4 .
Evt15  .    .    AA-1 AA-2 AA-1 AA-1 AA-1 AA-1 AA-1 AA-1  AA-1 AA-1 .
Evt16  .    AA-2 AA-3 .    AA-3 AA-3 AA-3 AA-3 AA-3 AA-3  AA-3 AA-3 AA-2
Evt17  .    AA-5 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4  AA-4 AA-4 AR-5
Evt18  .    AA-2 .    .    .    .    .    .    .    .     .    .    AA-2
Evt19  .    AA-1 AA-8 .    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-7
"""
CELLS = {
    (f"Sta{number}", event): None if cell == "." else cell
    for event, *row in map(str.split, TABLE.strip().splitlines())
    for number, cell in enumerate(row, 1)
}


class Effect(NamedTuple):
    """What Tables 9-6 to 9-9 say of an action: next state, types of PDUs sent, indications, ARTIM, transport closed."""

    state: str
    sent: tuple[int, ...] = ()
    told: tuple[type, ...] = ()
    artim: str = "as it was"
    closes: bool = False


EFFECTS = {
    "AE-1": Effect("Sta4"),
    "AE-2": Effect("Sta5", sent=(1,)),
    "AE-3": Effect("Sta6", told=(AssociationAccepted,)),
    "AE-4": Effect("Sta1", told=(AssociationRejected,), closes=True),
    "AE-5": Effect("Sta2", artim="started"),
    "AE-6": Effect("Sta3", told=(AssociationRequested,), artim="stopped"),
    "AE-7": Effect("Sta6", sent=(2,)),
    "AE-8": Effect("Sta13", sent=(3,), artim="started"),
    "DT-1": Effect("Sta6", sent=(4,)),
    "DT-2": Effect("Sta6", told=(PresentationDataReceived,)),
    "AR-1": Effect("Sta7", sent=(5,)),
    "AR-2": Effect("Sta8", told=(ReleaseRequested,)),
    "AR-3": Effect("Sta1", told=(ReleaseConfirmed,), closes=True),
    "AR-4": Effect("Sta13", sent=(6,), artim="started"),
    "AR-5": Effect("Sta1", told=(ConnectionClosed,), artim="stopped", closes=True),
    "AR-6": Effect("Sta7", told=(PresentationDataReceived,)),
    "AR-7": Effect("Sta8", sent=(4,)),
    "AR-8": Effect("Sta9 or Sta10", told=(ReleaseRequested,)),
    "AR-9": Effect("Sta11", sent=(6,)),
    "AR-10": Effect("Sta12", told=(ReleaseConfirmed,)),
    "AA-1": Effect("Sta13", sent=(7,), artim="started"),
    "AA-2": Effect("Sta1", artim="stopped", closes=True),
    "AA-3": Effect("Sta1", told=(AssociationAborted,), closes=True),
    "AA-4": Effect("Sta1", told=(ConnectionClosed,), closes=True),
    "AA-5": Effect("Sta1", told=(ConnectionClosed,), artim="stopped", closes=True),
    "AA-6": Effect("Sta13"),
    "AA-7": Effect("Sta13"),
    "AA-8": Effect("Sta13", sent=(7,), told=(AssociationAborted,), artim="started"),
}

REQUEST = AssociateRequest("CALLED", "CALLING", (PresentationContext(1, "1.2.840.10008.1.1", ("1.2.840.10008.1.2",)),), UserInformation())
ACCEPT = AssociateAccept((PresentationContextResult(1, 0, "1.2.840.10008.1.2"),), UserInformation())
RECEIVED = {
    "Evt3": wire.associate_ac(),
    "Evt4": wire.associate_rj(),
    "Evt6": wire.associate_rq(),
    "Evt10": wire.p_data(),
    "Evt12": wire.RELEASE_RQ,
    "Evt13": wire.RELEASE_RP,
    "Evt16": wire.abort(),
    "Evt19": wire.UNKNOWN,
}
LOCAL = {
    "Evt1": lambda machine: machine.request_association(REQUEST, NOW),
    "Evt2": lambda machine: machine.connection_made(NOW),
    "Evt5": lambda machine: machine.connection_made(NOW),
    "Evt7": lambda machine: machine.accept_association(ACCEPT, NOW),
    "Evt8": lambda machine: machine.reject_association(1, 1, 1, NOW),
    "Evt9": lambda machine: machine.send_pdvs([(1, 3, b"\0\0")]),
    "Evt11": lambda machine: machine.request_release(NOW),
    "Evt14": lambda machine: machine.respond_release(NOW),
    "Evt15": lambda machine: machine.abort(0, 0, NOW),
}


def take_events(machine):
    events = []
    while (event := machine.next_event()) is not None:
        events.append(event)
    return events


def receive(machine, data, now=START):
    machine.receive_data(data, now)
    return take_events(machine)


def established(role):
    machine = UpperLayer(role, artim_timeout=ARTIM)
    if role is Role.REQUESTOR:
        machine.request_association(REQUEST, START)
        machine.connection_made(START)
        receive(machine, wire.associate_ac())
    else:
        machine.connection_made(START)
        receive(machine, wire.associate_rq())
        machine.accept_association(ACCEPT, START)
    return machine


def in_state(state, role):
    """A machine brought there by what a user and a peer do; None where that role never is."""
    if state in ("Sta1", "Sta2", "Sta3", "Sta4", "Sta5"):
        if role is not {"Sta2": Role.ACCEPTOR, "Sta3": Role.ACCEPTOR, "Sta4": Role.REQUESTOR, "Sta5": Role.REQUESTOR}.get(state, role):
            return None
        machine = UpperLayer(role, artim_timeout=ARTIM)
        if state in ("Sta4", "Sta5"):
            machine.request_association(REQUEST, START)
        if state in ("Sta2", "Sta3", "Sta5"):
            machine.connection_made(START)
        if state == "Sta3":
            receive(machine, wire.associate_rq())
    else:
        if role is not {"Sta9": Role.REQUESTOR, "Sta11": Role.REQUESTOR, "Sta10": Role.ACCEPTOR, "Sta12": Role.ACCEPTOR}.get(state, role):
            return None
        machine = established(role)
        if state in ("Sta7", "Sta9", "Sta10", "Sta11", "Sta12"):
            machine.request_release(START)
        if state in ("Sta8", "Sta9", "Sta10", "Sta11", "Sta12", "Sta13"):
            receive(machine, wire.RELEASE_RQ)
        if state in ("Sta11", "Sta13"):
            machine.respond_release(START)
        if state == "Sta12":
            receive(machine, wire.RELEASE_RP)
    assert machine.state.name.lower() == state.lower()
    machine.data_to_send()
    return machine


def pdu_types(buffers):
    """The types of the PDUs in what is sent."""
    data, types = b"".join(map(bytes, buffers)), []
    while data:
        types.append(data[0])
        data = data[6 + int.from_bytes(data[2:6], "big") :]
    return tuple(types)


def perform(machine, event):
    """Make an event happen; whether the machine refused it as our own mistake."""
    if event in RECEIVED:
        machine.receive_data(RECEIVED[event], NOW)
    elif event == "Evt17":
        machine.receive_eof(NOW)
    elif event == "Evt18":
        machine.handle_timeout(START + ARTIM)
    else:
        try:
            LOCAL[event](machine)
        except InvalidStateError:
            return True
    return False


def machines(state, event):
    for role in Role:
        # The connection comes in for an acceptor, and is made for a requestor.
        if event == {Role.REQUESTOR: "Evt5", Role.ACCEPTOR: "Evt2"}[role] or (event == "Evt1" and role is Role.ACCEPTOR):
            continue
        machine = in_state(state, role)
        if machine is not None:
            yield role, machine


@pytest.mark.parametrize(("state", "event"), CELLS)
def test_the_table_is_the_standards(state, event):
    action = TRANSITIONS.get((State[state.upper()], Event[event.upper()]))
    assert (action and action.name.replace("_", "-")) == CELLS[state, event]


@pytest.mark.parametrize(("state", "event"), [cell for cell, action in CELLS.items() if action])
def test_a_cell_does_what_its_action_says(state, event):
    # NET-9
    action = CELLS[state, event]
    effect = EFFECTS[action]
    tried = 0
    for role, machine in machines(state, event):
        before = machine.deadline
        assert not perform(machine, event)
        told, sent = take_events(machine), machine.data_to_send()
        expected = {Role.REQUESTOR: "Sta9", Role.ACCEPTOR: "Sta10"}[role] if action == "AR-8" else effect.state
        assert machine.state.name == expected.upper()
        assert machine.wants_close is effect.closes
        deadlines = {"as it was": before, "stopped": None, "started": NOW + ARTIM}
        assert machine.deadline == deadlines[effect.artim]
        extra_sent, extra_told = EXTRAS.get((state, event), ((), ()))
        assert pdu_types(sent) == effect.sent + extra_sent
        assert tuple(map(type, told)) == effect.told + extra_told
        tried += 1
    assert tried


# What is sent and told beyond Tables 9-6 to 9-9: a user who waits learns how it ended, who is dropped for saying nothing is told so
# (NET-10), and AA-7 sends the abort that no other PDU of ours told the peer yet.
EXTRAS = {
    **{("Sta2", event): ((), (AssociationAborted,)) for event in ("Evt3", "Evt4", "Evt10", "Evt12", "Evt13", "Evt16", "Evt19")},
    ("Sta2", "Evt18"): ((7,), (ARTIMTimerExpired,)),
    ("Sta13", "Evt16"): ((), (AssociationAborted,)),
    ("Sta13", "Evt18"): ((), (ARTIMTimerExpired,)),
    ("Sta13", "Evt6"): ((7,), ()),
    ("Sta13", "Evt19"): ((7,), ()),
}


@pytest.mark.parametrize(("state", "event"), [cell for cell, action in CELLS.items() if not action])
def test_an_empty_cell_changes_nothing(state, event):
    """The peer's events are ignored there; ours raise, since they are mistakes of our user."""
    for role, machine in machines(state, event):
        before = machine.deadline
        refused = perform(machine, event)
        assert refused is (event in LOCAL)
        assert take_events(machine) == []
        assert machine.data_to_send() == []
        assert machine.state.name == state.upper()
        assert machine.deadline == before
        assert not machine.wants_close, role


def test_every_cell_is_in_the_tests():
    assert len(CELLS) == 13 * 19
    assert len(TRANSITIONS) == sum(action is not None for action in CELLS.values())
    assert set(EFFECTS) == {action for action in CELLS.values() if action}


def test_no_artim_timer_if_it_is_off():
    # NET-8
    machine = UpperLayer(Role.ACCEPTOR, artim_timeout=None)
    machine.connection_made(NOW)
    assert machine.deadline is None
    machine.handle_timeout(NOW + 1e9)
    assert machine.state is State.STA2


def test_artim_expires_at_its_time_and_not_before():
    # NET-10
    machine = UpperLayer(Role.ACCEPTOR, artim_timeout=ARTIM)
    machine.connection_made(START)
    machine.handle_timeout(START + ARTIM - 0.001)
    assert machine.state is State.STA2
    machine.handle_timeout(START + ARTIM)
    assert take_events(machine) == [ARTIMTimerExpired(had_association=False)]
    assert machine.data_to_send() == [wire.abort(2, 0)]
    assert machine.wants_close


def test_a_release_that_collides():
    """PS3.8 7.2.2.7: both ask at once; the requestor answers first."""
    requestor, acceptor = established(Role.REQUESTOR), established(Role.ACCEPTOR)
    sides = {requestor: acceptor, acceptor: requestor}
    for machine in sides:
        machine.data_to_send()
        machine.request_release(NOW)

    def deliver(source):
        return receive(sides[source], b"".join(map(bytes, source.data_to_send())), NOW)

    assert deliver(requestor) == [ReleaseRequested(is_collision=True)]
    assert deliver(acceptor) == [ReleaseRequested(is_collision=True)]
    requestor.respond_release(NOW)
    assert deliver(requestor) == [ReleaseConfirmed()]
    acceptor.respond_release(NOW)
    assert deliver(acceptor) == [ReleaseConfirmed()]
    assert requestor.wants_close
    assert acceptor.state is State.STA13
    acceptor.receive_eof(NOW)
    assert acceptor.state is State.STA1
