"""A real OpenLDAP server on loopback, with its data in a folder of its own that goes when it goes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import msgspec

from posture.demo.certificates import Pem
from posture.demo.server import Server
from posture.errors import PostureError

__all__ = ["Slapd", "SlapdOptions"]

_READY_SECONDS = 15.0
_SCHEMAS = ("core", "cosine", "inetorgperson", "nis")
_FOLDERS = {"schema": ("/etc/ldap/schema", "/etc/openldap/schema"), "modules": ("/usr/lib/ldap", "/usr/lib64/openldap")}


class SlapdOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the server is set up, the weak ways too.

    `minimum_ssf` is OpenLDAP's security strength factor that a simple bind needs (0 takes passwords in the clear).
    `hashes_readable` lets every user read every password hash; `config_readable` lets every user read cn=config.
    `size_limit` is the most entries of one search, all pages together. `modules` are further modules, `rules` access
    rules that come before the others, `lines` further lines of slapd.conf for the database.
    """

    anonymous: bool = False
    minimum_ssf: int = 0
    password_policy: bool = False
    hashes_readable: bool = False
    config_readable: bool = False
    size_limit: int | None = None
    modules: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


class Slapd(Server):
    """A context manager: the server answers inside the block, and is gone after it.

    `ldif` are the entries it starts with, the suffix's own among them; their passwords may be in the clear. It
    speaks TLS (LDAPS on `tls_port`, StartTLS on `port`) where it has a certificate. Raises PostureError if slapd is
    not installed or does not come up; ValueError for an address that is not loopback.
    """

    name = "slapd"

    def __init__(  # noqa: PLR0913  # a server has an address, ports, data and a certificate
        self,
        suffix: str,
        ldif: str,
        *,
        address: str = "127.0.0.1",
        port: int = 389,
        tls_port: int = 636,
        certificate: Pem | None = None,
        options: SlapdOptions | None = None,
    ) -> None:
        super().__init__(address)
        self.port, self.tls_port = port, tls_port
        self._suffix, self._ldif, self._certificate = suffix, ldif, certificate
        self._options = options or SlapdOptions()

    def _start(self, folder: Path) -> None:
        (folder / "db").mkdir()
        configuration = folder / "slapd.conf"
        configuration.write_text(self._configuration(folder), encoding="utf-8")
        (folder / "data.ldif").write_text(self._ldif, encoding="utf-8")
        add = [_program("slapadd"), "-q", "-f", str(configuration), "-b", self._suffix, "-l", str(folder / "data.ldif")]
        loaded = subprocess.run(add, capture_output=True, text=True, check=False)  # noqa: S603  # our own arguments
        if loaded.returncode:
            raise PostureError(f"slapadd failed: {loaded.stderr.strip()[-500:]}", where="slapd")
        urls = f"ldap://{_host(self.address)}:{self.port}/"
        if self._certificate:
            urls += f" ldaps://{_host(self.address)}:{self.tls_port}/"
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own arguments
                [_program("slapd"), "-d", "0", "-f", str(configuration), "-h", urls],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        self._wait(folder)

    def _wait(self, folder: Path) -> None:
        until = time.monotonic() + _READY_SECONDS
        ports = [self.port, *([self.tls_port] if self._certificate else [])]
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                break
            if all(_listens(self.address, port) for port in ports):
                return
            time.sleep(0.05)
        said = (folder / "log").read_text(encoding="utf-8", errors="replace").strip()[-500:]
        raise PostureError(f"slapd did not come up on {self.address}: {said or 'it said nothing'}", where="slapd")

    def _configuration(self, folder: Path) -> str:
        options = self._options
        lines = [
            *(f"include {_folder('schema')}/{name}.schema" for name in _SCHEMAS),
            f"modulepath {_folder('modules')}",
            "moduleload back_mdb",
            *(["moduleload ppolicy"] if options.password_policy else []),
            *(f"moduleload {module}" for module in options.modules),
            f"pidfile {folder}/slapd.pid",
            f"sizelimit {'unlimited' if options.size_limit is None else options.size_limit}",
        ]
        if self._certificate:
            (folder / "server.pem").write_bytes(self._certificate.certificate)
            _private(folder / "server.key", self._certificate.key)
            lines += [f"TLSCertificateFile {folder}/server.pem", f"TLSCertificateKeyFile {folder}/server.key"]
        if options.minimum_ssf:
            lines.append(f"security simple_bind={options.minimum_ssf}")
        anyone = "by * read" if options.anonymous else "by anonymous auth"
        lines += [
            "database config",
            f"access to * by {'users' if options.config_readable else 'dn.exact=cn=config'} read",
            "database monitor",
            "access to * by users read",
            "database mdb",
            f"suffix {_quoted(self._suffix)}",
            f"directory {folder}/db",
            "maxsize 268435456",
            *(["overlay ppolicy"] if options.password_policy else []),
            *options.rules,
            *([] if options.hashes_readable else ["access to attrs=userPassword by self write by anonymous auth"]),
            f"access to * by users read {anyone}",
            *options.lines,
        ]
        return "\n".join(lines) + "\n"


def _program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))
    if found is None:
        raise PostureError(f"{name} is not installed", where="slapd", mend="install OpenLDAP's server (Debian: slapd)")
    return found


def _folder(what: str) -> str:
    for folder in _FOLDERS[what]:
        if Path(folder).is_dir():
            return folder
    raise PostureError(f"OpenLDAP's {what} are not where they are looked for", where="slapd")


def _private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _listens(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False
