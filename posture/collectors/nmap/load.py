"""An nmap XML file as evidence: what it says was asked, and where it breaks off."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from posture.collectors.nmap.stream import Header, survey
from posture.collectors.sysvol.policies import sniff as sniff_policy
from posture.errors import PostureError
from posture.model import AskedNmap, Envelope, Evidence, Source, Tool
from posture.ports import PortSet

__all__ = ["load", "sniff"]

# https://nmap.org/book/nse-usage.html, script categories; `all` is a category of its own.
_CATEGORIES: Final = {"all", "auth", "broadcast", "brute", "default", "discovery", "dos", "exploit", "external"} | {
    "fuzzer",
    "intrusive",
    "malware",
    "safe",
    "version",
    "vuln",
}
_SCRIPT = re.compile(r"\+?([A-Za-z0-9][A-Za-z0-9_-]*?)(?:\.nse)?")
_HEAD = 1 << 19
# nmap writes its command line in a comment and in `args`, in quotes (&quot;) only where newer versions had to.
_SECRETS = re.compile(
    r"((?:script-args(?:-file)?|proxies)(?:=|\s+))"
    r"(?:&quot;(?:(?!&quot;).|(?<=\\)&quot;){0,2000}?(?<!\\)&quot;|[^\"]*?(?=\s-|\"|$))",
    re.MULTILINE | re.DOTALL,
)
_MASK = "[masked]"


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001  # part of the collector's interface; nmap's files are known by content
    """Whether the file is XML that may be nmap's: any but that of group policies."""
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        head = head[: len(head) & ~1].decode("utf-16", "ignore").encode()
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return not sniff_policy(head) and start.startswith((b"<?xml", b"<!DOCTYPE nmaprun", b"<nmaprun"))


def load(payload: bytes, name: str, source_sha256: str) -> Iterator[Evidence]:
    """The file as evidence. PostureError, with line and column, for a file that is not nmap's or no XML."""
    payload, masked = _mask(payload)
    header, broken = survey(payload)
    if broken is not None and not broken.begun:
        what = f"not an nmap XML file: {broken.why} (line {broken.line}, column {broken.column})"
        raise PostureError(what, where=name, mend="Give the file that `nmap -oX FILE` wrote.")
    outcome: Literal["complete", "partial"] = "complete"
    problem = ""
    if broken is not None:
        how = "breaks off" if broken.ended else "can't be read on"
        problem = f"the file {how} at line {broken.line}, column {broken.column} ({broken.why})"
    elif not header.finished:
        problem = f"nmap did not finish this scan{': ' + header.error if header.error else ''}"
    if problem:
        outcome = "partial"
        hosts = "1 host is" if header.hosts == 1 else f"{header.hosts} hosts are"
        problem = f"{problem}; {hosts} in it"
    command = _split(header.args)
    yield Evidence.of(
        Envelope(
            collector="nmap",
            format="nmap-xml",
            outcome=outcome,
            problem=problem,
            asked=_asked(header, command),
            started=header.start,
            ended=header.end,
            tool=Tool(name="nmap", version=header.version, command=command),
            masked=masked,
            source=Source(name=name.replace("\\", "/").rpartition("/")[2], sha256=source_sha256),
        ),
        payload,
    )


def _asked(header: Header, command: Sequence[str]) -> AskedNmap:
    asked = {"tcp": PortSet(), "udp": PortSet()}
    for info in header.infos:
        if info.protocol in asked:
            try:
                asked[info.protocol] |= PortSet.parse(info.services)
            except ValueError:
                continue
    return AskedNmap(
        tcp=str(asked["tcp"]),
        udp=str(asked["udp"]),
        version=any(word == "-A" or re.fullmatch(r"-s[A-Za-z]*V[A-Za-z]*", word) for word in command),
        scripts=_scripts(command),
    )


def _scripts(command: Sequence[str]) -> tuple[str, ...]:
    """The scripts that the command line names. What a category or an expression stood for then is not known."""
    given = []
    for word, after in zip(command, [*command, ""][1:], strict=True):
        if word == "--script":
            given.append(after)
        elif word.startswith("--script="):
            given.append(word.removeprefix("--script="))
    names = {found[1] for each in ",".join(given).split(",") if (found := _SCRIPT.fullmatch(each.strip()))}
    return tuple(sorted(names - _CATEGORIES))


def _split(args: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(args))
    except ValueError:
        return tuple(args.split())


def _mask(payload: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Passwords given to scripts or proxies on nmap's command line, which it writes into its file, taken out."""
    encoding = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(payload[:2], "latin-1")
    head, rest = payload[:_HEAD], payload[_HEAD:]
    text = head.decode(encoding, "surrogatepass")
    start = text.find("<nmaprun")
    end = text.find(">", start) if start >= 0 else len(text)
    clear, count = _SECRETS.subn(rf"\g<1>{_MASK}", text[:end])
    if not count:
        return payload, ()
    return (clear + text[end:]).encode(encoding, "surrogatepass") + rest, ("nmap script-args and proxies",)
