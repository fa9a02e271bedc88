"""Servers on loopback for the tests of DICOMStorageServer, and delegates that keep what they are told."""

from __future__ import annotations

from dicomkit.network.server import DICOMStorageServer
from dicomkit.network.services.storage_delegate import StorageDelegate
from dicomkit.network.services.storage_scp import StorageSCPConfiguration


class Keeper(StorageDelegate):
    """Keeps what it is told."""

    def __init__(self):
        self.files, self.failures, self.asked = [], [], []

    async def did_receive(self, file):
        self.files.append(file)

    async def did_fail(self, error, sop_instance_uid):
        self.failures.append((error, sop_instance_uid))


class Asking(Keeper):
    async def should_accept_association(self, info):
        self.asked.append(info)
        return True


def server(delegate=None, **configuration):
    settings = {"ae_title": "ME", "host": "127.0.0.1", "port": 0} | configuration
    return DICOMStorageServer(StorageSCPConfiguration(**settings), delegate or Keeper())


async def events_of(running):
    """All events of a server that was stopped."""
    return [event async for event in running.events]
