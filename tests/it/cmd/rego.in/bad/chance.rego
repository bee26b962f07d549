package main

deny contains "unlucky" if rand.intn("a", 6) == 5
