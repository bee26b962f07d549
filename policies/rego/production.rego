# What must not go into production, whatever its score as a whole.
package main

import rego.v1

# An agent with broad tools and long-term memory that nobody watches.
deny contains {"msg": msg, "path": "/maestro/evaluation_and_observability", "rule": "unwatched"} if {
	input.agent.environment == "production"
	value(input.aivss.factors.dynamic_tool_use) >= 0.5
	value(input.aivss.factors.persistent_memory) >= 0.5
	input.computed.layers.evaluation_and_observability.answer != "mapped"
	msg := "an agent with tools and memory runs in production, and nobody says how it is watched"
}

# A finding milder than High may stay open in production; anything worse may not.
deny contains {"msg": msg, "path": sprintf("/findings/%d", [at]), "rule": "grave-finding"} if {
	input.agent.environment == "production"
	some at, finding in input.computed.findings
	finding.score >= 7.0
	msg := sprintf("%v is %v in production", [finding.id, finding.severity])
}

# A factor is a number, or a mapping with its score.
value(factor) := factor if is_number(factor)

value(factor) := factor.score if is_object(factor)
