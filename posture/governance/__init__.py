"""What people answer for: attestations, decisions, exceptions, risks. Pure."""
