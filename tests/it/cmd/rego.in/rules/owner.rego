package main

import rego.v1

deny contains {"msg": msg, "path": "/agent/owner", "rule": "own-address"} if {
	not endswith(input.agent.owner, "@example.org")
	msg := sprintf("%v is not one of our addresses", [input.agent.owner])
}

warn contains "a production agent scores above 8" if {
	input.agent.environment == "production"
	input.computed.agent.score > 8
}
