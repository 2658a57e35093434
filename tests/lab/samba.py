"""A real Active Directory: a Samba domain controller in a network namespace of its own, weak or hardened."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from lab.namespace import Namespace
from posture.demo.certificates import make_ca, make_certificate

REALM = "HOSP.EXAMPLE"
BASE = "DC=hosp,DC=example"
HOST = "dc1.hosp.example"
PASSWORD = "Audit-Passw0rd-7"  # noqa: S105  # of a domain that lives for a test
ADMIN_PASSWORD = "Adm1n-Passw0rd!"  # noqa: S105  # as above
AUDITOR = f"posture.audit@{REALM.lower()}"

_READY_SECONDS = 60
_PORTS = (389, 636)


class SambaDomain:
    """A context manager: the domain controller answers inside the block. Everything it writes is in a temp folder.

    `populate` are the scripts that fill it: `populate_ad.py` and `weaken_ad.py` plant weaknesses, `harden_ad.py` sets
    it up as it should be; `options` are further ones of smb.conf.
    `namespace.run` calls a function where the domain can be reached; `ca_file` is its certificate's issuer.
    """

    def __init__(
        self,
        address: str = "10.10.0.10",
        populate: tuple[str, ...] = ("populate_ad.py",),
        options: dict[str, str] | None = None,
    ) -> None:
        self._options = dict(options or {})
        self._scripts = [Path(__file__).with_name(name) for name in populate]
        self.namespace = Namespace(address)
        self.address = address
        self._folder = Path(tempfile.mkdtemp(prefix="posture-samba-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def ca_file(self) -> Path:
        """The authority that signed the controller's certificate."""
        return self._folder / "ca.pem"

    @property
    def sysvol(self) -> Path:
        """The folder of the domain that the share SYSVOL shows, with its group policies' files."""
        return self._folder / "state/sysvol" / REALM.lower()

    def __enter__(self) -> Self:
        self.namespace.__enter__()
        try:
            self._write_files()
            self._provision()
            self._populate()
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.namespace.__exit__()
        if self._process is not None:
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write_files(self) -> None:
        for name in ("etc", "private", "lock", "state", "cache", "run", "ncalrpc", "log", "tls"):
            (self._folder / name).mkdir()
        (self._folder / "resolv.conf").write_text(f"search {REALM.lower()}\nnameserver {self.address}\n")
        (self._folder / "hosts").write_text(f"127.0.0.1 localhost\n{self.address} {HOST} dc1\n")
        ca = make_ca("Hospital test CA")
        server = make_certificate(ca, [HOST, self.address])
        self.ca_file.write_bytes(ca.certificate)
        (self._folder / "tls/cert.pem").write_bytes(server.certificate)
        key = self._folder / "tls/key.pem"
        key.touch(mode=0o600)
        key.write_bytes(server.key)

    def _inside(self, *command: str) -> list[str]:
        """In the network namespace, under a host name and name resolution of its own; /etc itself is untouched."""
        script = (
            'mount --bind "$0/resolv.conf" "$(readlink -f /etc/resolv.conf)" && mount --bind "$0/hosts" /etc/hosts '
            '&& hostname dc1 && exec "$@"'
        )
        return self.namespace.command("unshare", "--uts", "--mount", "bash", "-c", script, str(self._folder), *command)

    def _provision(self) -> None:
        folder = self._folder
        options = {
            "interfaces": "lo eth0",
            "bind interfaces only": "yes",
            "pid directory": f"{folder}/run",
            "ncalrpc dir": f"{folder}/ncalrpc",
            "winbindd socket directory": f"{folder}/run/winbindd",
            "ntp signd socket directory": f"{folder}/run/ntp",
            "log file": f"{folder}/log/%m.log",
            "server services": "ldap, kdc, drepl, winbindd, cldap, dns",
            "tls enabled": "yes",
            "tls keyfile": f"{folder}/tls/key.pem",
            "tls certfile": f"{folder}/tls/cert.pem",
            "tls cafile": f"{folder}/ca.pem",
        }
        self._call(
            *self._inside(
                "samba-tool",
                "domain",
                "provision",
                f"--realm={REALM}",
                "--domain=HOSP",
                "--host-name=dc1",
                f"--host-ip={self.address}",
                "--server-role=dc",
                "--use-rfc2307",
                "--dns-backend=SAMBA_INTERNAL",
                f"--adminpass={ADMIN_PASSWORD}",
                f"--targetdir={folder}",
                *(f"--option={name}={value}" for name, value in options.items()),
            )
        )
        # The provisioning names the only name server there is as the one to forward to: itself, and so without end.
        options = {"dns forwarder": "", **self._options}
        more = "".join(f"\t{name} = {value}\n" for name, value in options.items())
        written = folder / "etc/smb.conf"
        lines = written.read_text().splitlines(keepends=True)
        kept = "".join(line for line in lines if not line.strip().startswith("dns forwarder"))
        written.write_text(kept.replace("[global]\n", f"[global]\n{more}", 1))

    def _populate(self) -> None:
        for script in self._scripts:
            self._call("/usr/bin/python3", "-P", str(script), f"{self._folder}/etc/smb.conf", PASSWORD)

    def _call(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
        if done.returncode:
            raise RuntimeError(f"{command[0]} … failed: {(done.stderr or done.stdout)[-2000:]}")

    def _start(self) -> None:
        log = self._folder / "log/samba.out"
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                self._inside("samba", "-F", "-s", f"{self._folder}/etc/smb.conf", "--debug-stdout", "-d1"),
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                env=_environment(),
            )
        until = time.monotonic() + _READY_SECONDS
        while not self.namespace.run(self._answers):
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"samba did not come up: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)

    def _answers(self) -> bool:
        for port in _PORTS:
            try:
                socket.create_connection((self.address, port), timeout=1).close()
            except OSError:
                return False
        return True


def _environment() -> dict[str, str]:
    """Debian's own Python, whatever environment the tests run in."""
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": os.environ.get("HOME", "/")}
