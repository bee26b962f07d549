package main

# A text of doubled texts: a few lines exceed the memory of any machine.
deny contains msg if {
	a := "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	b := replace(a, "x", a)
	c := replace(b, "x", b)
	d := replace(c, "x", c)
	msg := substring(d, 0, 9)
}
