"""An assessment in NIST's OSCAL: https://pages.nist.gov/OSCAL/. Pure: documents are built as mappings of JSON."""
