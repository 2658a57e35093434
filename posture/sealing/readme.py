"""README.txt of a bag: what it is, and how to verify it with tools that are not ours. Pure."""

from __future__ import annotations

from posture.sealing.verifier import PAYLOAD_TYPE

__all__ = ["readme"]


def readme(run: str) -> str:
    """The text, for the bag of this run."""
    return _TEXT.format(run=run, kind=PAYLOAD_TYPE, length=len(PAYLOAD_TYPE))


_TEXT = """\
EVIDENCE OF THE AUDIT RUN {run}

This is a bag of evidence (BagIt, RFC 8493): what an audit of a hospital's network, directories and devices brought
back, how it was judged, and what shows that none of it was changed since. Each sentence of the report leads to an id
in data/evidence.

WHAT IS IN IT

  data/evidence/ID.json        what was asked, by whom, from where, when, and with what outcome; its SHA-256 is the ID
  data/evidence/ID.payload.*   what came back, in the format of its field: nmap XML, LDIF, snmprec, ...
  data/assessment.json         the judgement: observations, findings, gaps and risks; not there if the run was stopped
  data/inputs.json             what else the judgement was made from: its instant, scope, plan, and the runs before it
  data/scope.json              who was audited, and what may be asked where
  data/ledger.jsonl            what people answered, decided and accepted, up to this run; a chain
  data/custody.jsonl           who did what, when, with which version, up to this seal; a chain
  data/documents/              the documents that were handed in with answers, by their SHA-256
  data/reference/              what was known of the world: end-of-support dates, flaws that are known to be exploited
  data/catalogs/               the controls that it was judged against
  seal/statement.json          the statement that is signed: every file above and below, with its SHA-256
  seal/statement.sig           the signature over it: Ed25519, 64 bytes
  seal/statement.dsse.json     both as one file (DSSE)
  seal/public-key.pem          the key that it was signed with
  seal/timestamp.*             when a third party saw the signature (RFC 3161), where there is such a timestamp

HOW TO VERIFY IT, WITHOUT POSTURE

All commands are run in the folder of this file.

1. That no file was changed. Any tool for BagIt does it, or:

     sha256sum --quiet -c manifest-sha256.txt
     sha256sum --quiet -c tagmanifest-sha256.txt

   Nothing printed means that all files are what the two lists say. What was added to the folder they don't show:
   a tool for BagIt, and step 4, do.

2. That the lists are those that were signed. The first command prints a digest that the second finds in the statement:

     sha256sum manifest-sha256.txt
     grep -o '"digest":{{"sha256":"[0-9a-f]*"}},"name":"manifest-sha256.txt"' seal/statement.json

3. That the statement was signed with the key (OpenSSL 3.0 or newer):

     (printf 'DSSEv1 {length} {kind} %d ' $(wc -c < seal/statement.json); cat seal/statement.json) > /tmp/signed
     openssl pkeyutl -verify -pubin -inkey seal/public-key.pem -rawin -in /tmp/signed -sigfile seal/statement.sig

   It prints: Signature Verified Successfully. Whose key it is, nothing in a bag can say: anybody can make a key. Ask
   the hospital for its fingerprint, by telephone or from its report's cover, and compare:

     openssl pkey -pubin -in seal/public-key.pem -outform DER | sha256sum

4. All of it at once, each file by name, needs Python 3.9 or newer and openssl:

     python3 verify.py . --fingerprint THE-FINGERPRINT-THAT-THE-HOSPITAL-TOLD-YOU

   A script out of a bag says what whoever made the bag wants it to say. Take verify.py from Posture's own release, or
   compare the two, before you rely on it.

5. Since when. Where there is seal/timestamp.tsr, a third party signed when it saw the signature. With its certificates,
   had from that party:

     openssl ts -reply -in seal/timestamp.tsr -text
     openssl ts -verify -data seal/statement.sig -in seal/timestamp.tsr -CAfile ITS-CERTIFICATES.pem

   Without a timestamp, the time of the seal is the hospital's own word.

HOW TO JUDGE IT AGAIN

     posture audit --from THIS-BAG.zip

verifies the bag, judges its evidence again, and says whether the same comes out. Nothing in a bag is run.
"""
