# `aivss-lint policy test policies` runs these.
package main

import rego.v1

test_unknown_threat if {
	some problem in deny with input as {"maestro": {"agent_frameworks": {"threats": [{"id": "T99"}]}}}
	problem.path == "/maestro/agent_frameworks/threats/0/id"
}

test_known_threat if {
	threats := [{"id": "T2", "title": "Tool misuse"}, {"id": "PLAN-1"}]
	count(deny) == 0 with input as {"maestro": {"agent_frameworks": {"threats": threats}}}
}
