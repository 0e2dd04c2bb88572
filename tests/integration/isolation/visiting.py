"""The dashboards as a browser meets them, without a screen: Streamlit's own messages, and the files they name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode
from uuid import UUID

import httpx
import pyarrow as pa
from google.protobuf.message import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import sessions, verify_token
from dashboards.session import COOKIE, KEEP_PATH, codes

_PATIENCE = 30


@dataclass(frozen=True)
class Way:
    """How somebody comes to the dashboards: the cookie of their session."""

    person_id: UUID
    session_id: UUID
    cookie: str


def signed_in(address: str, person_id: UUID) -> Way:
    """The cookie that the dashboards give somebody who has just signed in."""
    with session.tenant(Role.IDENTITY) as connection:
        begun = sessions.begin(connection, person_id, "password", sessions.Client(), second_factor=False)
    given = httpx.post(f"http://{address}{KEEP_PATH}", content=codes.issue(verify_token(begun.access_token)))
    return Way(person_id, begun.session_id, given.cookies[COOKIE])


@dataclass
class Page:
    """What one run of the script sent: everything a browser could draw, and every file it could save."""

    query: Mapping[str, str]
    messages: list[ForwardMsg] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """All that was sent and all that can be downloaded, as one text, but for what the visitor's address said."""
        found = "\n".join((*(part for message in self.messages for part in _texts(message)), *self.files.values()))
        for value in self.query.values():
            found = found.replace(quote_plus(value), "").replace(value, "")
        return found

    def elements(self, kind: str) -> list[Any]:
        """The elements of a kind: `download_button`, `selectbox`, …"""
        found = [one.delta.new_element for one in self.messages if one.delta.WhichOneof("type") == "new_element"]
        return [getattr(one, kind) for one in found if one.WhichOneof("type") == kind]

    def labelled(self, kind: str, label: str) -> Any:
        """The one element of a kind that carries the label."""
        return next(one for one in self.elements(kind) if one.label == label)

    @property
    def pages(self) -> list[str]:
        """Titles of the pages that the navigation lists."""
        found = [one.navigation for one in self.messages if one.WhichOneof("type") == "navigation"]
        return [page.page_name for page in found[-1].app_pages] if found else []


class Visitor:
    """A browser window that is open at an address, as a context."""

    def __init__(self, address: str, path: str = "", *, cookie: str = "", **query: str) -> None:
        self._address, self._path, self._query = address, path, query
        headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
        self._opening = connect(
            f"ws://{address}/_stcore/stream", additional_headers=headers, max_size=None, open_timeout=_PATIENCE
        )
        self._session_id = ""

    def __enter__(self) -> "Visitor":
        self._socket: ClientConnection = self._opening.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._opening.__exit__(*error)

    def look(self, widgets: Mapping[str, Any] | None = None, *, fragment: str = "", files: bool = True) -> Page:
        """Let the page be drawn (or one part of it), with these values of widgets by id. `files`: fetch them all."""
        asked = BackMsg()
        asked.rerun_script.query_string = urlencode(self._query)
        asked.rerun_script.page_name = self._path
        asked.rerun_script.fragment_id = fragment
        for widget_id, value in (widgets or {}).items():
            state = asked.rerun_script.widget_states.widgets.add(id=widget_id)
            if value is True:
                state.trigger_value = True
            else:
                state.string_value = value
        self._socket.send(asked.SerializeToString())
        page = self._drawn()
        if files:
            for button in page.elements("download_button"):
                page.files[button.label] = self.save(button)
        return page

    def save(self, button: Any) -> str:
        """What a download button gives; "" where the server makes no file any more."""
        url = button.url or self._made(button.deferred_file_id)
        if not url:
            return ""
        given = httpx.get(f"http://{self._address}{url}", timeout=_PATIENCE)
        assert given.status_code == 200, given.text
        return given.text

    def _made(self, file_id: str) -> str:
        if not file_id:
            return ""  # the button is disabled
        asked = BackMsg()
        asked.backend_operation_request.request_id = file_id
        asked.backend_operation_request.session_id = self._session_id
        asked.backend_operation_request.deferred_file.file_id = file_id
        self._socket.send(asked.SerializeToString())
        while True:
            message = self._heard()
            answer = message.backend_operation_response
            if message.WhichOneof("type") == "backend_operation_response" and answer.request_id == file_id:
                return answer.deferred_file.url

    def _drawn(self) -> Page:
        page = Page(self._query)
        while True:
            message = self._heard()
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self._session_id = message.new_session.initialize.session_id or self._session_id
            page.messages.append(message)
            if kind == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    page = Page(self._query)  # the script begins again
                    continue
                return page

    def _heard(self) -> ForwardMsg:
        received = self._socket.recv(timeout=_PATIENCE)
        assert isinstance(received, bytes)
        return ForwardMsg.FromString(received)


def _texts(message: Message) -> Iterator[str]:
    """Every text of a message, tables and data of charts spelled out."""
    for descriptor, value in message.ListFields():
        if descriptor.message_type is not None and descriptor.message_type.GetOptions().map_entry:
            yield from (f"{key} {one}" for key, one in value.items())
            continue
        for one in value if hasattr(value, "append") else (value,):
            if isinstance(one, Message):
                yield from _texts(one)
            elif isinstance(one, bytes):
                yield _table(one)
            else:
                yield str(one)


def _table(content: bytes) -> str:
    try:
        return str(pa.ipc.open_stream(content).read_all().to_pydict())
    except pa.ArrowInvalid:
        return content.decode("latin-1")
