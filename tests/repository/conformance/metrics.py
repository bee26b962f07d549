"""The metrics of CVSS v4.0 in the order of the specification (section 7), and what a vector is by that."""

import re

BASE = {
    "AV": "NALP", "AC": "LH", "AT": "NP", "PR": "NLH", "UI": "NPA",
    "VC": "HLN", "VI": "HLN", "VA": "HLN", "SC": "HLN", "SI": "HLN", "SA": "HLN",
}
SCORING = {
    "E": "XAPU", "CR": "XHML", "IR": "XHML", "AR": "XHML",
    "MAV": "XNALP", "MAC": "XLH", "MAT": "XNP", "MPR": "XNLH", "MUI": "XNPA",
    "MVC": "XHLN", "MVI": "XHLN", "MVA": "XHLN", "MSC": "XHLN", "MSI": "XSHLN", "MSA": "XSHLN",
}
SUPPLEMENTAL = {
    "S": "XNP", "AU": "XNY", "R": "XAUI", "V": "XDC", "RE": "XLMH",
    "U": ["X", "Clear", "Green", "Amber", "Red"],
}
OPTIONAL = SCORING | SUPPLEMENTAL
METRICS = BASE | OPTIONAL

GRAMMAR = re.compile(
    "CVSS:4[.]0"
    + "".join(f"/{metric}:({'|'.join(values)})" for metric, values in BASE.items())
    + "".join(f"(/{metric}:({'|'.join(values)}))?" for metric, values in OPTIONAL.items())
)
