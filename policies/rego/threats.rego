# What a list of threats must say.
package main

import rego.v1

# T1 to T15 are OWASP's; a threat of one's own has another form of name.
deny contains {"msg": msg, "path": path, "rule": "unknown-threat"} if {
	some key, layer in input.maestro
	some at, threat in layer.threats
	regex.match(`^T[0-9]+$`, threat.id)
	number := to_number(substring(threat.id, 1, -1))
	not within(number, 1, 15)
	msg := sprintf("%v is none of OWASP's agentic threats, T1 to T15", [threat.id])
	path := sprintf("/maestro/%v/threats/%d/id", [key, at])
}

# Whoever calls a threat mitigated says how.
warn contains {"msg": msg, "path": path, "rule": "mitigation-unsaid"} if {
	some key, layer in input.maestro
	some at, threat in layer.threats
	threat.status == "mitigated"
	not threat.mitigation
	msg := sprintf("%v is mitigated, and nothing says how", [object.get(threat, "title", "a threat")])
	path := sprintf("/maestro/%v/threats/%d", [key, at])
}

within(number, low, high) if {
	number >= low
	number <= high
}
