"""The formats a rule of a ruleset may be for, by Spectral's names."""

from __future__ import annotations

from specs.kinds import Kind
from specs.model import Contract

KNOWN = frozenset(
    """
    oas2 oas3 oas3.0 oas3.1 oas3_0 oas3_1 oas3.2 oas3_2 aas2 aas3 asyncapi2 asyncapi3 asyncapi3.0 asyncapi3_0
    aas2_0 aas2_1 aas2_2 aas2_3 aas2_4 aas2_5 aas2_6 aas3_0 aas3_1 aas2.6 aas3.0
    asyncapi2.0 asyncapi2.1 asyncapi2.2 asyncapi2.3 asyncapi2.4 asyncapi2.5 asyncapi2.6 arazzo1 arazzo1.0
    json-schema json-schema-loose json-schema-draft4 json-schema-draft6 json-schema-draft7
    json-schema-draft-2019-09 json-schema-2019-09 json-schema-draft-2020-12 json-schema-2020-12
    """.split()  # noqa: SIM905 - read better as text
)
DRAFTS = {"04": "draft4", "06": "draft6", "07": "draft7", "2019-09": "2019-09", "2020-12": "2020-12"}


def formats_of(contract: Contract) -> frozenset[str]:
    """All names of the contract's format, from the widest to its minor version."""
    version = contract.document.spec_version
    major, _, rest = version.partition(".")
    minor = f"{major}.{rest.partition('.')[0]}"
    if contract.kind is Kind.OPENAPI:
        return frozenset({f"oas{major}", f"oas{minor}", f"oas{minor.replace('.', '_')}"})
    if contract.kind is Kind.ASYNCAPI:
        names = {f"asyncapi{major}", f"asyncapi{minor}", f"asyncapi{minor.replace('.', '_')}", f"aas{major}"}
        return frozenset(names | {f"aas{minor}", f"aas{minor.replace('.', '_')}"})
    draft = DRAFTS.get(version, "")
    both = {f"json-schema-{draft}", f"json-schema-draft-{draft}"} if draft else set()
    return frozenset({"json-schema", "json-schema-loose"} | both)
