"""README.txt of a derived bag: what it is, what a reader can verify, and what is the hospital's word. Pure."""

from __future__ import annotations

from posture.sealing.verifier import PAYLOAD_TYPE

__all__ = ["derived_readme"]


def derived_readme(run: str, *, redacted: bool, selected: bool, about: str) -> str:
    """The text, for a bag derived from this run's."""
    parts = [
        _HEAD.format(run=run, judged="" if selected else _JUDGED),
        f"WHY IT IS NOT THE WHOLE ONE\n\n  {about}\n\n" if about else "",
        _SELECTED if selected else "",
        _REDACTED if redacted else "",
        _ORIGINAL if not redacted else "",
        _VERIFY.format(kind=PAYLOAD_TYPE, length=len(PAYLOAD_TYPE)),
    ]
    return "".join(parts)


_HEAD = """\
EVIDENCE OF THE AUDIT RUN {run}: A DERIVED BAG

This is a bag of evidence (BagIt, RFC 8493) made for outsiders from the bag of a sealed audit run. It is not the whole
bag. Its statement (seal/statement.json) is signed by the hospital, lists every file with its SHA-256, and names the
seal that it was made from: its number, and the SHA-256 of its statement.

  data/evidence/ID.json        what was asked, from where, when, and with what outcome; its SHA-256 is the ID
  data/evidence/ID.payload.*   what came back, in the format of its field: nmap XML, LDIF, snmprec, ...
{judged}  data/custody.jsonl           who did what, when, with which version, up to the seal; a chain
  data/catalogs/               the controls that it was judged against
  seal/                        the statement about this bag, its signature, and the key

"""
_JUDGED = """\
  data/assessment.json         what was concluded from it, where the run came to an end
  data/scope.json              what the hospital had allowed to be looked at, and how
  data/ledger.jsonl            what people answered, decided and accepted; a chain
"""
_SELECTED = """\
SELECTED

  Only some of the run's evidence is here; counts in the statement says how many pieces were sealed. The assessment, the
  scope, the ledger and the documents are not here.

"""
_REDACTED = """\
REDACTED

  Names of people, accounts, machines, domains, sites and services, addresses, serial numbers, identifiers and texts of
  people are pseudonyms, such as account-k7m2q9ab3c4d5e6f. The same value has the same pseudonym everywhere, in all of
  this hospital's redacted bags. They are keyed: without the hospital's key nobody can try names until one fits.

  Kept are ports, states, flags, dates, numbers, versions and products, well-known names (Administrator, Domain Admins),
  and the vendor's part of MAC addresses. Private IPv4 addresses became addresses of 240.0.0.0/4, which no machine has,
  and keep their networks: two that shared their first n bits share as many now. IPv6 addresses became addresses of
  3fff::/20; those of one /64 stay in one. Public IPv4 addresses became tokens, each by itself. Security identifiers
  keep their form, and the well-known numbers below 1000. A word that nothing is known of became word-..., so texts can
  have gaps. Objects that an audit does not read, and comments, are not here. An ordinary word that is a name as well
  can be left in a sentence.

  Documents that people handed in, reference data, the inputs of the judgement, and evidence in a form that names can't
  be taken out of are not here at all. counts in the statement says how many pieces of evidence were sealed.

WHAT A READER CAN VERIFY, AND WHAT NOT

  - That no file of this bag was changed since the hospital signed it (below).
  - Not, by itself, that the redacted files are what was sealed: that is the hospital's word, under its signature. But
    it is bound to it: for each original, the statement has a commitment, the SHA-256 of a line with a nonce and the
    original. The hospital can open one for you, by showing you the nonce and the original, or to a third party that you
    both trust. With them you check:

      (echo NONCE; cat ORIGINAL) | sha256sum

    and that the digest is the commitment in seal/statement.json. It could have shown no other file.
  - The digests of the originals themselves are not here: with a plain SHA-256, and only a name missing, anybody could
    try names until one fits.
  - The chains (custody, ledger) were made anew over the redacted entries; their number and order are those of the seal.
  - The original's timestamp, if it has one, is with the original.

  It can't be judged again (posture audit --from): a pseudonym is no name.

"""
_ORIGINAL = """\
WHAT A READER CAN VERIFY

  original/ has the sealed statement, its signature and its key, and its timestamp where it has one. Each file in data/
  is one of the files that are listed there: it is, to the byte, what was sealed. What else was sealed, the statement
  lists by name and SHA-256, without the content.

"""
_VERIFY = """\
HOW TO VERIFY IT, WITHOUT POSTURE

All commands are run in the folder of this file.

1. That no file was changed. Any tool for BagIt does it, or:

     sha256sum --quiet -c manifest-sha256.txt
     sha256sum --quiet -c tagmanifest-sha256.txt

2. That the lists are those that were signed. The first command prints a digest that the second finds in the statement:

     sha256sum manifest-sha256.txt
     grep -o '"digest":{{"sha256":"[0-9a-f]*"}},"name":"manifest-sha256.txt"' seal/statement.json

3. That the statement was signed with the key (OpenSSL 3.0 or newer):

     (printf 'DSSEv1 {length} {kind} %d ' $(wc -c < seal/statement.json); cat seal/statement.json) > /tmp/signed
     openssl pkeyutl -verify -pubin -inkey seal/public-key.pem -rawin -in /tmp/signed -sigfile seal/statement.sig

   Whose key it is, nothing in a bag can say. Ask the hospital for its fingerprint by another way, and compare:

     openssl pkey -pubin -in seal/public-key.pem -outform DER | sha256sum

4. All of it at once needs Python 3.9 or newer and openssl. Take verify.py from Posture's own release, or compare:

     python3 verify.py . --fingerprint THE-FINGERPRINT-THAT-THE-HOSPITAL-TOLD-YOU
"""
