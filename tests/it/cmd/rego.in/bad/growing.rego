package main

# Text put into itself: a few lines make more of it than any machine holds.
deny contains msg if {
	a := "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	b := replace(a, "x", a)
	c := replace(b, "x", b)
	d := replace(c, "x", c)
	msg := substring(d, 0, 9)
}
