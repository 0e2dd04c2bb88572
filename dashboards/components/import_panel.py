"""Imports: handing in files, and what became of each."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import streamlit as st

from clientnest import settings
from clientnest.errors import BadInput, ClientNestError
from clientnest.warehouse.serve import ImportSummary
from clientnest.workspaces import Permission
from dashboards import data
from dashboards.components import exports, formats, states
from dashboards.components.formats import escape
from dashboards.components.frame import View

_TYPES = ["csv", "tsv", "txt", "xls", "xlsx", "json", "zip"]
_MOST_MEGABYTES = 200
_STATES = {"queued": "waiting", "running": "running", "done": "done", "failed": "failed"}


def upload(view: View) -> None:
    """The form for handing in files; larger ones go through the command line."""
    if view.workspace.is_demo:
        st.html(
            '<p class="cn-note">Nothing is imported into the demo. Use a workspace of your own; the owner’s first one '
            "is called “My workspace”.</p>"
        )
        return
    if not view.may(Permission.IMPORTS_CREATE):
        st.html(
            f'<p class="cn-note">As {view.membership.role} you see what was imported here, and do not import yourself. '
            "Ask an owner or admin.</p>"
        )
        return
    with st.form("import", clear_on_submit=True):
        files = st.file_uploader(
            "Analytics exports of your networks", type=_TYPES, accept_multiple_files=True,
            max_upload_size=_MOST_MEGABYTES,
            help="X, Facebook, Instagram, YouTube, TikTok, LinkedIn, Bluesky, a plain CSV; recognised by content.",
        )  # fmt: skip
        account = st.text_input(
            "Account, if the files do not name it", help="Many exports do not say whose they are.", max_chars=200
        )
        sent = st.form_submit_button("Import", type="primary", icon=":material/upload_file:")
    if sent:
        _hand_in(view, files or [], account.strip() or None)
    st.html(f'<p class="cn-note">Files above {_MOST_MEGABYTES} MB, on the computer that runs ClientNest:</p>')
    st.code(f"clientnest import --workspace {view.workspace.slug} FILE...", language=None)


def _hand_in(view: View, files: Sequence[Any], account: str | None) -> None:
    if not files:
        st.warning("Choose at least one file first.")
        return
    incoming = settings.core().home / "uploads" / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=incoming))
    try:
        sources = []
        for number, file in enumerate(files):
            path = folder / f"{number:05d}"
            with path.open("wb") as target:
                shutil.copyfileobj(file, target)
            sources.append((path, file.name))
        data.stage_import(view.proof, view.workspace_id, tuple(sources), account)
    except BadInput as error:
        st.error(f"{error.message} {error.advice}")
        return
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    st.toast("Taken in. It is read in the background; this page shows how far it is.", icon=":material/check:")


def listing(view: View) -> None:
    """The last imports; looked at again every few seconds while one is under way."""
    found = data.imports(view.workspace_id)
    busy = any(one.state in {"queued", "running"} for one in found)
    st.fragment(_listing, run_every=3 if busy else None)(view, found if not busy else None)


def _listing(view: View, found: Sequence[ImportSummary] | None) -> None:
    try:
        view.check(Permission.IMPORTS_READ)
    except ClientNestError as error:
        states.refused(error)
        return
    found = data.imports(view.workspace_id) if found is None else found
    if not found:
        st.html('<p class="cn-note">No imports yet.</p>')
        return
    for one in found:
        names = ", ".join(one.names[:2]) + (f" and {one.files - 2:,} more" if one.files > 2 else "")
        with st.expander(f"{names or 'No files'} · {_STATES[one.state]} · {formats.ago(one.created_at)}"):
            _progress(one)
            _files(view, one.job_id)


def _progress(one: ImportSummary) -> None:
    if one.state in {"queued", "running"}:
        st.progress(one.progress or 0.0, text=(one.step or "waiting to be picked up").capitalize())
    if one.error:
        st.error(f"{one.error.get('message', '')} {one.error.get('advice', '')}")


def _files(view: View, job_id: UUID) -> None:
    detail = data.import_detail(view.workspace_id, job_id)
    files: list[dict[str, Any]] = detail["files"]
    lines = "".join(
        f"<tr><td>{escape(file['file'])}</td><td>{escape(file['format'] or '—')}</td><td>{escape(file['state'])}</td>"
        f'<td class="cn-n">{file["rows"]:,}</td><td class="cn-n">{file["accepted"]:,}</td>'
        f'<td class="cn-n">{file["rejected_count"]:,}</td><td class="cn-n">{file["posts"]:,}</td>'
        f'<td class="cn-n">{_span(file["period"])}</td></tr>'
        for file in files
    )
    labels = ("File", "Format", "State", "Rows", "Accepted", "Rejected", "Posts", "Period")
    head = "".join(
        f'<th scope="col"{" class=cn-n" if number >= 3 else ""}>{label}</th>' for number, label in enumerate(labels)
    )
    table = f'<table class="cn-table"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>'
    st.html(f'<div class="cn-scroll">{table}</div>')
    for file in files:
        if file["error"]:
            st.error(f"{file['file']}: {file['error']['message']} {file['error'].get('advice', '')}")
        for warning in file["warnings"]:
            st.warning(f"{file['file']}: {warning}")
    rejected = [{"file": file["file"], **row} for file in files for row in file["rejected"]]
    if rejected:
        _rejected(view, rejected, detail, job_id)


def _rejected(view: View, rows: list[dict[str, Any]], detail: Mapping[str, Any], job_id: UUID) -> None:
    total = sum(file["rejected_count"] for file in detail["files"])
    st.html(f'<p class="cn-note"><strong>{formats.plural(total, "row")} could not be used.</strong></p>')
    st.dataframe(rows, hide_index=True, height=min(36 * len(rows) + 40, 320), alt="Rows that could not be used")
    report = detail["report"]
    if report and Path(report).exists():
        exports.lazy_button("All rejected rows as CSV", lambda: _read(view, report), f"rejected-{job_id}.csv")
    else:
        exports.button("Rejected rows as CSV", rows, f"rejected-{job_id}.csv")


def _read(view: View, report: str) -> bytes:
    view.check(Permission.IMPORTS_READ)
    return Path(report).read_bytes()


def _span(period: Mapping[str, str] | None) -> str:
    return f"{period['from']} to {period['to']}" if period else formats.MISSING
