"""The cards on the desk: which are present, who may use them now, and every operation with them."""

from bridge.desk.caller import Caller
from bridge.desk.events import CardEvent, GrantEnded, ReaderEvent
from bridge.desk.operations import CardDesk
from bridge.desk.present import PresentCard
from bridge.desk.sessions import CardSession

__all__ = ["Caller", "CardDesk", "CardEvent", "CardSession", "GrantEnded", "PresentCard", "ReaderEvent"]
