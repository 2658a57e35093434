"""Records what nmap really says of real servers: `sudo unshare -npf python tests/lab/record_nmap.py [NAME]…`.

Each server stands on loopback of an empty network namespace, weak and hardened, and ends with the process namespace.
What nmap writes goes to tests/data/nmap/recorded/NAME.xml. The tests read the recordings; run this again for a new
version of nmap. Debian's packages: nmap samba redis-server openssh-server vsftpd telnetd rsh-redone-server
inetutils-inetd nginx-light tigervnc-standalone-server xvfb xauth xrdp freerdp2-shadow-x11 postfix orthanc rpcbind
nfs-ganesha-vfs tftpd-hpa; from PyPI: cryptography pynetdicom hl7.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

OUT = Path(__file__).parent.parent / "data" / "nmap" / "recorded"
TLS_SCRIPTS = "ssl-enum-ciphers,sslv2,ssl-cert"
PREFIX = "127.77.0."


class Lab:
    """The servers of one recording: a folder, and processes that end with it."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str, port: int | None = None, **environment: str) -> None:
        """Start a server and wait until its port answers."""
        with (self.folder / f"log{len(self.processes)}").open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.folder,
                    start_new_session=True,
                    env={**os.environ, **environment},
                )
            )
        if port:
            self.wait(port)

    def wait(self, port: int, seconds: float = 15) -> None:
        """Wait for a listener."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection((self.address, port), 1):
                return
            time.sleep(0.1)
        logs = "\n".join(path.read_text(errors="replace") for path in self.folder.glob("log*"))
        raise RuntimeError(f"nothing answers on {self.address}:{port}\n{logs}")

    def write(self, name: str, text: str) -> str:
        """A file in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def stop(self) -> None:
        """End every process that was started."""
        for process in reversed(self.processes):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
            if process.poll() is None:
                process.kill()

    def certificate(  # noqa: PLR0913  # each is a weakness that is wanted
        self,
        name: str,
        *,
        bits: int = 2048,
        curve: bool = False,
        ca: bool = False,
        until: int = 2035,
        since: int = 2024,
    ) -> tuple[str, str]:
        """(certificate, key) in PEM files; signed by a CA of its own, or by itself."""
        key = ec.generate_private_key(ec.SECP256R1()) if curve else rsa.generate_private_key(65537, bits)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signer = rsa.generate_private_key(65537, 2048) if ca else key
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example Hospital CA")]) if ca else subject
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime(since, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(until, 1, 1, tzinfo=UTC))
            .sign(signer, hashes.SHA256())
        )
        pem = self.write(f"{name}.crt", certificate.public_bytes(serialization.Encoding.PEM).decode())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        secret = self.write(f"{name}.key", private.decode())
        Path(secret).chmod(0o600)
        return pem, secret

    def sha1_certificate(self, name: str) -> tuple[str, str]:
        """(certificate, key), signed with SHA-1, which cryptography refuses."""
        pem, secret = str(self.folder / f"{name}.crt"), str(self.folder / f"{name}.key")
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-sha1",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "9000",
                "-subj",
                f"/CN={name}",
                "-keyout",
                secret,
                "-out",
                pem,
            ],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        return pem, secret


RECORDINGS: dict[str, tuple[str, str, tuple[str, ...], Callable[[Lab], None]]] = {}


def recording(ports: str, scripts: str = "", *options: str) -> Callable[[Callable[[Lab], None]], Callable[[Lab], None]]:
    """Name a function that starts servers, and say how nmap is to look at them."""

    def keep(function: Callable[[Lab], None]) -> Callable[[Lab], None]:
        RECORDINGS[function.__name__.replace("_", "-")] = (ports, scripts, options or ("-sV",), function)
        return function

    return keep


def _inetd(lab: Lab, *lines: str) -> None:
    lab.start("inetutils-inetd", "-d", lab.write("inetd.conf", "\n".join(lines) + "\n"))


@recording("21,22,23,512-514", "telnet-encryption,banner")
def telnet_rsh(lab: Lab) -> None:
    _inetd(
        lab,
        *(
            f"{lab.address}:{name} stream tcp nowait root {program} {program}"
            for name, program in (
                ("telnet", "/usr/sbin/telnetd"),
                ("login", "/usr/sbin/in.rlogind"),
                ("shell", "/usr/sbin/in.rshd"),
            )
        ),
    )
    for port in (23, 513, 514):
        lab.wait(port)


@recording("23,2323", "", "-sT")
def telnet_unprobed(lab: Lab) -> None:
    _inetd(lab, f"{lab.address}:telnet stream tcp nowait root /usr/sbin/telnetd telnetd")
    lab.wait(23)


def _vsftpd(lab: Lab, *settings: str) -> None:
    empty, root = lab.folder / "empty", lab.folder / "root"
    empty.mkdir()
    root.mkdir(mode=0o755)
    (root / "worklist.txt").write_text("x")
    lab.folder.chmod(0o755)
    text = "\n".join(
        (
            "listen=YES",
            f"listen_address={lab.address}",
            f"anon_root={root}",
            "background=NO",
            f"secure_chroot_dir={empty}",
            "seccomp_sandbox=NO",
            *settings,
        )
    )
    lab.start("/usr/sbin/vsftpd", lab.write("vsftpd.conf", text + "\n"), port=21)


@recording("21", "ftp-anon,ssl-cert")
def ftp_anonymous(lab: Lab) -> None:
    _vsftpd(lab, "anonymous_enable=YES")


@recording("21", "ftp-anon,ssl-cert")
def ftp_clear_login(lab: Lab) -> None:
    _vsftpd(lab, "anonymous_enable=NO", "local_enable=YES")


@recording("21", "ftp-anon,ssl-cert")
def ftp_tls_forced(lab: Lab) -> None:
    certificate, key = lab.certificate("ftp.hospital.example", ca=True)
    _vsftpd(
        lab,
        "anonymous_enable=NO",
        "local_enable=YES",
        "ssl_enable=YES",
        "force_local_logins_ssl=YES",
        f"rsa_cert_file={certificate}",
        f"rsa_private_key_file={key}",
    )


def _smbd(lab: Lab, *settings: str) -> None:
    folders = ("private", "lock", "state", "cache", "pid", "ncalrpc")
    for name in folders:
        (lab.folder / name).mkdir()
    text = "\n".join(
        (
            "[global]",
            "server role = standalone server",
            "netbios name = XRAY01",
            f"interfaces = {lab.address}/8",
            "bind interfaces only = yes",
            "disable spoolss = yes",
            *(
                f"{name} {'dir' if name in {'private', 'ncalrpc'} else 'directory'} = {lab.folder / name}"
                for name in folders
            ),
            *settings,
        )
    )
    lab.start("smbd", "-F", "--no-process-group", "--debug-stdout", "-s", lab.write("smb.conf", text + "\n"), port=445)


@recording("139,445", "smb-protocols,smb2-security-mode")
def smb_weak(lab: Lab) -> None:
    _smbd(lab, "server min protocol = NT1", "ntlm auth = ntlmv1-permitted", "map to guest = Bad User")


@recording("139,445", "smb-protocols,smb2-security-mode")
def smb_hardened(lab: Lab) -> None:
    _smbd(lab, "server min protocol = SMB2_10", "server signing = mandatory")


@recording("139,445", "smb-protocols,smb2-security-mode")
def smb_v1_only(lab: Lab) -> None:
    _smbd(lab, "server min protocol = NT1", "server max protocol = NT1")


def _nginx(lab: Lab, *servers: str) -> None:
    text = f"""daemon off; pid {lab.folder}/pid; error_log {lab.folder}/error;
events {{}}
http {{ access_log off; client_body_temp_path {lab.folder}/b; proxy_temp_path {lab.folder}/p;
fastcgi_temp_path {lab.folder}/f; uwsgi_temp_path {lab.folder}/u; scgi_temp_path {lab.folder}/s;
{" ".join(servers)} }}"""
    lab.start("nginx", "-c", lab.write("nginx.conf", text), "-e", str(lab.folder / "error"))


def _https(lab: Lab, port: int, files: tuple[str, str], protocols: str) -> str:
    return (
        f"server {{ listen {lab.address}:{port} ssl; ssl_certificate {files[0]}; ssl_certificate_key {files[1]};"
        f" ssl_protocols {protocols}; ssl_ciphers ALL:@SECLEVEL=0; return 200 'ok'; }}"
    )


@recording("443,465,636,993,995,8443", TLS_SCRIPTS)
def tls_weak(lab: Lab) -> None:
    old = lab.certificate("pacs.hospital.example", bits=1024, since=2015, until=2019)
    _nginx(lab, _https(lab, 443, old, "TLSv1 TLSv1.1 TLSv1.2"))
    lab.wait(443)


@recording("443,465,636,993,995,8443", TLS_SCRIPTS)
def tls_hardened(lab: Lab) -> None:
    _nginx(
        lab,
        _https(lab, 443, lab.certificate("www.hospital.example", ca=True), "TLSv1.2 TLSv1.3"),
        _https(lab, 8443, lab.certificate("ec.hospital.example", curve=True, ca=True), "TLSv1.3"),
    )
    lab.wait(443)
    lab.wait(8443)


@recording("443,465,636,993,995,8443", TLS_SCRIPTS)
def tls_certificates(lab: Lab) -> None:
    _nginx(
        lab,
        _https(lab, 443, lab.certificate("self.hospital.example"), "TLSv1.2"),
        _https(lab, 636, lab.sha1_certificate("sha1.hospital.example"), "TLSv1.2"),
        _https(lab, 8443, lab.certificate("early.hospital.example", ca=True, since=2034), "TLSv1.2"),
    )
    for port in (443, 636, 8443):
        lab.wait(port)


def _sshd(lab: Lab, *options: str) -> None:
    keys = []
    for kind in ("rsa", "ed25519"):
        path = lab.folder / f"host_{kind}"
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", path], check=True)
        keys += ["-h", str(path)]
    Path("/run/sshd").mkdir(exist_ok=True)
    more = [part for option in (f"ListenAddress={lab.address}", *options) for part in ("-o", option)]
    lab.start("/usr/sbin/sshd", "-D", "-e", "-f", lab.write("sshd_config", ""), *keys, *more, port=22)


@recording("22,2222", "ssh2-enum-algos,sshv1")
def ssh_weak(lab: Lab) -> None:
    _sshd(lab, "KexAlgorithms=+diffie-hellman-group1-sha1", "Ciphers=aes128-cbc,3des-cbc", "HostKeyAlgorithms=+ssh-rsa")


@recording("22,2222", "ssh2-enum-algos,sshv1")
def ssh_modern(lab: Lab) -> None:
    _sshd(lab)


@recording("6379,27017", "redis-info,mongodb-info")
def redis_open(lab: Lab) -> None:
    lab.start("redis-server", "--bind", lab.address, "--protected-mode", "no", "--save", "", port=6379)


@recording("6379,27017", "redis-info,mongodb-info")
def redis_password(lab: Lab) -> None:
    lab.start(
        "redis-server", lab.write("redis.conf", f'bind {lab.address}\nsave ""\nrequirepass recorded-only\n'), port=6379
    )


def _vnc(lab: Lab, *options: str) -> None:
    lab.start(
        "Xtigervnc", ":77", "-interface", lab.address, "-rfbport", "5900", "-geometry", "640x480", *options, port=5900
    )


@recording("5900-5902", "vnc-info")
def vnc_none(lab: Lab) -> None:
    _vnc(lab, "-SecurityTypes", "None")


@recording("5900-5902", "vnc-info")
def vnc_tls_none(lab: Lab) -> None:
    _vnc(lab, "-SecurityTypes", "TLSNone,X509None,VncAuth", *_vnc_password(lab), *_vnc_x509(lab))


@recording("5900-5902", "vnc-info")
def vnc_password(lab: Lab) -> None:
    _vnc(lab, "-SecurityTypes", "VncAuth,TLSVnc", *_vnc_password(lab))


def _vnc_password(lab: Lab) -> tuple[str, str]:
    secret = lab.folder / "passwd"
    secret.write_bytes(bytes(range(1, 9)))
    return "-PasswordFile", str(secret)


def _vnc_x509(lab: Lab) -> tuple[str, str, str, str]:
    certificate, key = lab.certificate("vnc.hospital.example")
    return "-X509Cert", certificate, "-X509Key", key


@recording("6000-6001", "x11-access", "-sT")
def x11_open(lab: Lab) -> None:
    lab.start("Xvfb", ":0", "-listen", "tcp", "-ac", "-screen", "0", "640x480x8", port=6000)


@recording("6000-6001", "x11-access")
def x11_open_probed(lab: Lab) -> None:
    lab.start("Xvfb", ":0", "-listen", "tcp", "-ac", "-screen", "0", "640x480x8", port=6000)


@recording("6000-6001", "x11-access")
def x11_authorised(lab: Lab) -> None:
    cookies = str(lab.folder / "xauth")
    subprocess.run(
        ["xauth", "-f", cookies, "add", ":0", ".", "0123456789abcdef" * 2], check=True, stderr=subprocess.DEVNULL
    )
    lab.start("Xvfb", ":0", "-listen", "tcp", "-auth", cookies, "-screen", "0", "640x480x8", port=6000)


def _xrdp(lab: Lab, layer: str) -> None:
    certificate, key = lab.certificate("rdp.hospital.example")
    text = Path("/etc/xrdp/xrdp.ini").read_text()
    for setting, value in (
        ("port", f"tcp://{lab.address}:3389"),
        ("security_layer", layer),
        ("crypt_level", "low"),
        ("certificate", certificate),
        ("key_file", key),
        ("LogFile", str(lab.folder / "xrdp.log")),
    ):
        text = re.sub(rf"^{setting}=.*", f"{setting}={value}", text, count=1, flags=re.MULTILINE)
    lab.start("xrdp", "--nodaemon", "--config", lab.write("xrdp.ini", text), port=3389)


@recording("3389", "rdp-enum-encryption")
def rdp_native(lab: Lab) -> None:
    _xrdp(lab, "rdp")


@recording("3389", "rdp-enum-encryption")
def rdp_tls(lab: Lab) -> None:
    _xrdp(lab, "tls")


@recording("3389", "rdp-enum-encryption")
def rdp_nla(lab: Lab) -> None:
    lab.start("Xvfb", ":7", "-listen", "tcp", "-noreset", "-screen", "0", "640x480x24", port=6007)
    lab.start(
        "freerdp-shadow-cli",
        f"/bind-address:{lab.address}",
        "/port:3389",
        "/sec:nla",
        port=3389,
        DISPLAY=":7",
        HOME=str(lab.folder),
    )


def _postfix(lab: Lab, *settings: str) -> None:
    configuration = lab.folder / "conf"
    shutil.copytree("/etc/postfix", configuration)
    for name in ("queue", "data"):
        (lab.folder / name).mkdir()
    shutil.chown(lab.folder / "data", "postfix", "postfix")
    lab.folder.chmod(0o755)
    master = re.sub(
        r"^(smtp\s+inet.*?)y(\s+-\s+-\s+smtpd)",
        r"\1n\2",
        (configuration / "master.cf.proto").read_text(),
        flags=re.MULTILINE,
    )
    lab.write("conf/master.cf", master)
    lab.write(
        "conf/main.cf",
        "\n".join(
            (
                "compatibility_level = 3.6",
                f"queue_directory = {lab.folder}/queue",
                f"data_directory = {lab.folder}/data",
                f"inet_interfaces = {lab.address}",
                "myhostname = mail.hospital.example",
                "mydestination =",
                "maillog_file = /dev/stdout",
                "disable_dns_lookups = yes",
                *settings,
            )
        )
        + "\n",
    )
    lab.start("postfix", "-c", str(configuration), "start-fg", port=25)


@recording("25,465,587", "smtp-commands")
def smtp_clear(lab: Lab) -> None:
    _postfix(lab, "smtpd_tls_security_level = none")


@recording("25,465,587", "smtp-commands")
def smtp_starttls(lab: Lab) -> None:
    certificate, key = lab.certificate("mail.hospital.example", ca=True)
    _postfix(
        lab, "smtpd_tls_security_level = may", f"smtpd_tls_cert_file = {certificate}", f"smtpd_tls_key_file = {key}"
    )


SCP = """
import ssl, sys
from pynetdicom import AE, evt
from pynetdicom.sop_class import Verification
ae = AE(ae_title=sys.argv[3])
ae.add_supported_context(Verification)
ae.require_called_aet = sys.argv[4] == "called"
ae.require_calling_aet = ["MODALITY1"] if sys.argv[4] == "calling" else []
context = None
if len(sys.argv) > 5:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[5], sys.argv[6])
ae.start_server((sys.argv[1], int(sys.argv[2])), block=True, ssl_context=context,
                evt_handlers=[(evt.EVT_C_ECHO, lambda event: 0x0000)])
"""


def _dicom(lab: Lab, port: int, rule: str, *tls: str) -> None:
    lab.start(sys.executable, "-c", SCP, lab.address, str(port), "PACS1", rule, *tls, port=port)


@recording("104,2761,2762,4242,11112", "dicom-ping", "-sT")
def dicom_any(lab: Lab) -> None:
    _dicom(lab, 104, "any")


@recording("104,2761,2762,4242,11112", "dicom-ping", "-sT")
def dicom_called(lab: Lab) -> None:
    _dicom(lab, 11112, "called")


@recording("104,2761,2762,4242,11112", "dicom-ping", "-sT")
def dicom_calling(lab: Lab) -> None:
    _dicom(lab, 104, "calling")


@recording("104,2761,2762,4242,11112", f"dicom-ping,{TLS_SCRIPTS}", "-sT")
def dicom_tls(lab: Lab) -> None:
    _dicom(lab, 2762, "called", *lab.certificate("pacs.hospital.example", ca=True))


MLLP = """
import asyncio, ssl, sys
from hl7.mllp import start_hl7_server
async def answer(reader, writer):
    try:
        while not writer.is_closing():
            message = await reader.readmessage()
            writer.writemessage(message.create_ack())
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    context = None
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
    async with await start_hl7_server(answer, host=sys.argv[1], port=int(sys.argv[2]), ssl=context) as server:
        await server.serve_forever()
asyncio.run(main())
"""


@recording("2575,6661", "+ssl-cert", "-sT")
def hl7_clear(lab: Lab) -> None:
    lab.start(sys.executable, "-c", MLLP, lab.address, "2575", port=2575)


@recording("2575,6661", "+ssl-cert", "-sT")
def hl7_tls(lab: Lab) -> None:
    certificate, key = lab.certificate("engine.hospital.example", ca=True)
    lab.start(sys.executable, "-c", MLLP, lab.address, "2575", certificate, key, port=2575)


@recording("80,104,443,2761,2762,4242,8042,8080,11112", "http-title,http-auth,dicom-ping")
def orthanc(lab: Lab) -> None:
    lab.start(
        "Orthanc",
        lab.write(
            "orthanc.json",
            '{"Name": "ORTHANC", "HttpPort": 8042, "DicomPort": 4242,'
            ' "RemoteAccessAllowed": true, "AuthenticationEnabled": true,'
            ' "RegisteredUsers": {"recorded": "only"}, "StorageDirectory": "'
            + str(lab.folder / "db")
            + '", "IndexDirectory": "'
            + str(lab.folder / "db")
            + '"}',
        ),
        port=8042,
    )
    lab.wait(4242)


@recording("80,104,443,2761,2762,4242,8042,8080,11112", "http-title,http-auth,dicom-ping")
def orthanc_explorer(lab: Lab) -> None:
    lab.start(
        "Orthanc",
        lab.write(
            "orthanc.json",
            '{"Name": "ORTHANC", "HttpPort": 8042, "DicomPort": 4242,'
            ' "RemoteAccessAllowed": true, "AuthenticationEnabled": false,'
            ' "StorageDirectory": "'
            + str(lab.folder / "db")
            + '", "IndexDirectory": "'
            + str(lab.folder / "db")
            + '"}',
        ),
        port=8042,
    )


@recording("80,8000,8080,8042", "http-title,http-auth")
def http_pages(lab: Lab) -> None:
    basic = lab.write("htpasswd", "recorded:{PLAIN}only\n")
    _nginx(
        lab,
        f"server {{ listen {lab.address}:80; return 301 https://$host/; }}",
        f"server {{ listen {lab.address}:8000; auth_basic 'Ward printer'; auth_basic_user_file {basic}; }}",
        f"server {{ listen {lab.address}:8080; default_type text/html; return 200 "
        "'<html><title>Infusion manager - Log in</title></html>'; }",
    )
    for port in (80, 8000, 8080):
        lab.wait(port)


@recording("111,2049", "nfs-showmount,rpcinfo")
def nfs_everybody(lab: Lab) -> None:
    _ganesha(lab, "*")


@recording("111,2049", "nfs-showmount,rpcinfo")
def nfs_single(lab: Lab) -> None:
    _ganesha(lab, "127.0.0.1, 10.10.0.7")


@recording("111,2049", "nfs-showmount,rpcinfo")
def rpcbind_alone(lab: Lab) -> None:
    lab.start("rpcbind", "-f", "-w", "-h", lab.address, port=111)


def _ganesha(lab: Lab, clients: str) -> None:
    """A real NFS server in user space, which tells rpcbind of itself."""
    (lab.folder / "images").mkdir()
    Path("/run/rpcbind").mkdir(exist_ok=True)
    Path("/run/ganesha").mkdir(exist_ok=True)
    lab.start("rpcbind", "-f", "-h", lab.address, port=111)
    settings = lab.write(
        "ganesha.conf",
        "NFS_CORE_PARAM { Protocols = 3, 4; Enable_NLM = false; Enable_RQUOTA = false;"
        f" Allow_Set_Io_Flusher_Fail = true; Bind_addr = {lab.address}; }}\n"
        "NFSV4 { RecoveryBackend = fs; }\n"
        f"EXPORT {{ Export_Id = 1; Path = {lab.folder / 'images'}; Pseudo = /images; Squash = Root_Squash;"
        f" SecType = sys; FSAL {{ Name = VFS; }} CLIENT {{ Clients = {clients}; Access_Type = RO; }} }}\n",
    )
    lab.start(
        "ganesha.nfsd", "-F", "-f", settings, "-L", str(lab.folder / "nfs.log"), "-p", str(lab.folder / "nfs.pid"),
        port=2049,
    )  # fmt: skip


ENGINE = """
import http.server, json, sys
class Engine(http.server.BaseHTTPRequestHandler):
    timeout = 10
    def send_error(self, *_):
        self.wfile.write(b"HTTP/1.1 400 Bad Request\\r\\nContent-Type: text/plain; charset=utf-8\\r\\n"
                         b"Connection: close\\r\\n\\r\\n400 Bad Request")
    def do_GET(self):
        told = {"Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12", "GitCommit": "5d6db84",
                "GoVersion": "go1.19.8", "Os": "linux", "Arch": "amd64"}
        found = self.path == "/version"
        body = json.dumps(told if found else {"message": "page not found"}, separators=(",", ":")).encode() + b"\\n"
        self.send_response_only(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Date", self.date_time_string())
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer((sys.argv[1], 2375), Engine).serve_forever()
"""
"""What dockerd answers: /version as its API has it, its own 404 elsewhere, and Go's 400 to what is no HTTP."""


@recording("2375,2376", "", "-sV", "--version-intensity", "7")
def docker_open(lab: Lab) -> None:
    lab.start(sys.executable, "-c", ENGINE, lab.address, port=2375)


@recording("2375,2376", "", "-sV", "--version-intensity", "2")
def docker_unasked(lab: Lab) -> None:
    lab.start(sys.executable, "-c", ENGINE, lab.address, port=2375)


@recording("T:80,U:69", "", "-sS", "-sU", "-sV", "--version-intensity", "2")
def tftp_silent(lab: Lab) -> None:
    (lab.folder / "root").mkdir()
    lab.start("in.tftpd", "--foreground", "--address", f"{lab.address}:69", "--secure", str(lab.folder / "root"))
    time.sleep(0.5)


@recording("80,8042,8080", "http-title,http-auth")
def portals(lab: Lab) -> None:
    page = "default_type text/html; return 200 '<html><title>{}</title></html>';"
    _nginx(
        lab,
        f"server {{ listen {lab.address}:80; return 301 https://$host/; }}",
        f"server {{ listen {lab.address}:8080; {page.format('HAPI FHIR Server')} }}",
    )
    for port in (80, 8080):
        lab.wait(port)


@contextlib.contextmanager
def _lab(number: int) -> Iterator[Lab]:
    with tempfile.TemporaryDirectory(prefix="posture-") as folder:
        lab = Lab(Path(folder), f"{PREFIX}{number}")
        try:
            yield lab
        finally:
            lab.stop()


def main(names: list[str]) -> None:
    """Record these, or all."""
    if {name for _, name in socket.if_nameindex()} - {"lo"} or os.getpid() != 1:
        raise SystemExit("not in an empty network namespace, or not the first process of its own: sudo unshare -npf …")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    OUT.mkdir(parents=True, exist_ok=True)
    for number, (name, (ports, scripts, options, start)) in enumerate(RECORDINGS.items(), 10):
        if names and name not in names:
            continue
        begun = time.monotonic()
        with _lab(number) as lab:
            subprocess.run(["ip", "address", "add", f"{lab.address}/8", "dev", "lo"], check=True)
            start(lab)
            chosen = ["--script", scripts] if scripts else []
            subprocess.run(
                ["nmap", "-n", "-Pn", *options, "-p", ports, *chosen, "-oX", f"{name}.xml", lab.address],
                check=True,
                stdout=subprocess.DEVNULL,
                cwd=OUT,
            )
        print(f"{name}: {time.monotonic() - begun:.1f} s", flush=True)  # noqa: T201  # a script's progress


if __name__ == "__main__":
    main(sys.argv[1:])
