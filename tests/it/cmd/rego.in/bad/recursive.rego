package main

f(x) := g(x + 1)

g(x) := f(x)

deny contains msg if msg := f(1)
