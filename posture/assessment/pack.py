"""What an assessment that was limited for a regulator is limited to: under `run`, never in what is fingerprinted."""

from __future__ import annotations

from posture.assessment.part import Part

__all__ = ["PackInfo", "PackRequest"]


class PackRequest(Part, frozen=True, kw_only=True):
    """One request of a pack by its id, and what it asks for."""

    id: str
    title: str
    asks: str


class PackInfo(Part, frozen=True, kw_only=True):
    """This assessment is an extract: of which one, and what it is limited to.

    `marking` is the text that counsel wants on every page. `tables` are the further parts of the report that the
    requests need. `controls` of `controls_of` counted controls of the rule are in it. `whole` is the fingerprint of
    the assessment that it was taken from, and `whole_seal` how that one stands, in words.
    """

    pack: str
    title: str
    requests: tuple[PackRequest, ...]
    marking: str = ""
    tables: tuple[str, ...] = ()
    controls: int = 0
    controls_of: int = 0
    whole: str = ""
    whole_seal: str = ""

    @property
    def limits(self) -> str:
        """What it is limited to, and that the rest is not enclosed."""
        named = "; ".join(f"{each.title} ({each.id})" for each in self.requests)
        many = f"these {len(self.requests)} requests" if len(self.requests) > 1 else "this request"
        of = f"the {self.controls_of:,} controls that the whole assessment counts"
        answered = f"{self.controls:,} of {of}, and what was found and answered about them"
        holds = answered if self.controls else f"none of {of}, only what else was asked for"
        return (
            f"An extract, limited to {many}: {named}. It holds {holds}. The rest of the assessment is not enclosed. "
            "Every figure counts only what is enclosed."
        )

    @property
    def origin(self) -> str:
        """Which assessment it was taken from, and how that one stands."""
        return f"Taken from the assessment with the fingerprint {self.whole}. Its seal: {self.whole_seal}"
