package main

deny contains msg if msg := sprintf("%v", [1 / input.computed.layers.agent_ecosystem.open_threats])
