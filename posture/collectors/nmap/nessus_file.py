"""A Nessus v2 file as evidence: what Posture reads of it, in its own format, and no more.

A `.nessus` file holds the policy with its credentials, and hundreds of megabytes of advice that is the same for every
host. What is kept is a Nessus v2 document again: the hosts, every result's port and plugin, and the text of those
results that are read. Passwords, community strings, hashes and keys in such a text are masked.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from posture.collectors.nmap.nessus import Item, ReportHost, Reports, version_only
from posture.collectors.spoken import without_secrets
from posture.errors import PostureError
from posture.model import AskedNmap, Envelope, Evidence, Source, Tool
from posture.ports import PortSet

__all__ = ["load_nessus", "sniff_nessus"]

_ROOT = re.compile(
    rb"(?:<\?xml[^>]{0,200}\?>)?\s*(?:<!--(?:(?!-->).){0,4096}-->\s*)*<(?:!DOCTYPE\s+)?NessusClientData_v2\b", re.DOTALL
)
_LEFT_OUT = "the policy, and text that is not read (left out)"
_MASKED = "passwords and other secrets in plugin_output"


def sniff_nessus(head: bytes) -> bool:
    """Whether a file that starts like this is a Nessus v2 file."""
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        head = head[: len(head) & ~1].decode("utf-16", "ignore").encode()
    return _ROOT.match(head.removeprefix(b"\xef\xbb\xbf").lstrip()) is not None


def load_nessus(payload: bytes, name: str, source_sha256: str) -> Iterator[Evidence]:
    """The file as evidence. PostureError, with line and column, for one of which no host can be read."""
    reports = Reports(payload)
    out = io.StringIO()
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<NessusClientData_v2>\n<Report>\n')
    nameless, versions, times, masked = 0, set[str](), list[datetime](), {_LEFT_OUT}
    for host in reports.reported():
        nameless += not host.address
        versions.add(host.version)
        times += host.times
        if _write(host, out):
            masked.add(_MASKED)
    out.write("</Report>\n</NessusClientData_v2>\n")
    broken, hosts = reports.broken, reports.header.hosts
    if broken is not None and not hosts:
        what = f"not a Nessus file that can be read: {broken.why} (line {broken.line}, column {broken.column})"
        raise PostureError(what, where=name, mend="Export the scan again as .nessus.")
    if not hosts:
        raise PostureError(
            "its NessusClientData_v2 holds no host", where=name, mend="Export the results of a scan as .nessus."
        )
    problems = []
    if broken is not None:
        count = "1 host is" if hosts == 1 else f"{hosts} hosts are"
        where = f"line {broken.line}, column {broken.column}"
        problems.append(f"the file can't be read on at {where} ({broken.why}); {count} in it")
    if nameless:
        problems.append(f"{nameless} of its hosts have no address, and are left out")
    versions.discard("")
    outcome: Literal["complete", "partial"] = "partial" if problems else "complete"
    yield Evidence.of(
        Envelope(
            collector="nmap",
            format="nessus-v2",
            outcome=outcome,
            problem="; ".join(problems),
            asked=AskedNmap(tcp=_range(reports.port_range)),
            started=min(times, default=None),
            ended=max(times, default=None),
            tool=Tool(name="nessus", version=", ".join(sorted(versions)[:3])),
            masked=tuple(sorted(masked)),
            source=Source(name=name.replace("\\", "/").rpartition("/")[2], sha256=source_sha256),
        ),
        out.getvalue().encode(),
    )


def _range(said: str) -> str:
    """The ports of the policy where it gives numbers; `default` is a list that the file does not hold."""
    try:
        return str(PortSet.parse(said)) if re.fullmatch(r"[\d,-]{1,1000}", said) else ""
    except ValueError:
        return ""


def _write(host: ReportHost, out: io.StringIO) -> bool:
    """Write what is read of the host, and say whether anything of it was masked."""
    out.write(f"<ReportHost name={quoteattr(host.name)}><HostProperties>\n")
    out.writelines(f"<tag name={quoteattr(tag)}>{escape(said)}</tag>\n" for tag, said in host.tags.items())
    out.write("</HostProperties>\n")
    masked = [_write_item(item, out) for item in host.items]
    out.write("</ReportHost>\n")
    return any(masked)


def _write_item(item: Item, out: io.StringIO) -> bool:
    attributes = {
        "port": str(item.port),
        "svc_name": item.service,
        "protocol": item.protocol,
        "severity": str(item.severity),
        "pluginID": str(item.plugin),
        "pluginName": item.name,
    }
    out.write(f"<ReportItem {' '.join(f'{key}={quoteattr(said)}' for key, said in attributes.items())}>")
    children = [("plugin_type", item.kind), *(("cve", cve) for cve in item.cves)]
    masked = False
    if item.kept:
        # The advice is the same for every host: what is wanted of it, where it is not the result, is one admission.
        description = version_only(item.description) if item.output else item.description
        texts = {"description": description, "plugin_output": item.output}
        safe = {key: without_secrets(said) for key, said in texts.items()}
        masked = safe != texts
        children += safe.items()
    for key, said in children:
        if said:
            out.write(f"<{key}>{escape(said)}</{key}>")
    out.write("</ReportItem>\n")
    return masked
