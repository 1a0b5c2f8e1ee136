"""May it change? Two contracts in, a report out; pure, with a witness for each break."""

from compatibility.comparison import compare
from compatibility.config import Budget, Policy
from compatibility.model import (
    ConsumerImpact,
    ContractRef,
    Finding,
    Reach,
    Report,
    Section,
    Seen,
    Usage,
    UsageRow,
    Waiver,
    Window,
    Witness,
)
from compatibility.schema_report import SchemaReport
from compatibility.schemas import compare_schemas

__all__ = [
    "Budget",
    "ConsumerImpact",
    "ContractRef",
    "Finding",
    "Policy",
    "Reach",
    "Report",
    "SchemaReport",
    "Section",
    "Seen",
    "Usage",
    "UsageRow",
    "Waiver",
    "Window",
    "Witness",
    "compare",
    "compare_schemas",
]
